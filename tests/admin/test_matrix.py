"""The page of roles and permissions, and the page that says why, over HTTP."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from helpdesk import Ticket
from tests.admin.conftest import MakeAdmin, Visitor, add
from tests.admin.conftest import Visit as OpenBrowser

from demijohn import db
from demijohn.auth.models import Role, user_class

RIGHTS = "/admin/role/rights/"
BOSS = ("role.view", "role.edit", "user.view", "order.view", "order.edit", "order.delete", "customer.view")


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    add(
        app,
        Role(name="sales", permissions={"order.view"}),
        Role(name="owners", permissions={"mail.view", "order.view"}),
    )
    return app


def held(app: Flask, name: str = "sales") -> set[str]:
    with app.app_context():
        return set(db.session.query(Role).filter_by(name=name).one().permissions)


def key_of(app: Flask, name: str = "sales") -> int:
    with app.app_context():
        return int(db.session.query(Role).filter_by(name=name).one().id)


def boxes(page: str) -> dict[str, tuple[bool, bool]]:
    """Permission -> whether it is ticked, and whether it can be."""
    found = re.findall(r'<input type="checkbox"[^>]*name="permissions" value="([^"]+)"([^>]*)>', page)
    return {name: (" checked" in rest, " disabled" not in rest) for name, rest in found}


def form(page: str, *, tick: set[str], clear: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """What a browser sends of the role's form: no disabled box."""
    ticked = {name for name, (is_ticked, is_open) in boxes(page).items() if is_ticked and is_open}
    digest = re.search(r'name="record_digest" value="(\w+)"', page)
    assert digest
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    return {"permissions": sorted(ticked - clear | tick), "record_digest": digest[1], "shown": shown}


def test_the_overview_shows_every_role_against_every_table(app: Flask, visit: OpenBrowser) -> None:
    boss = visit(app, *BOSS)
    page = boss.get(RIGHTS).text
    facts = boss.client.get(RIGHTS, headers={"Accept": "application/json"}).json

    assert re.findall(r'<th scope="col"><a[^>]*title="([^"]+)"', page)[:2] == ["owners", "role 0"]
    assert '<abbr title="order.view">V</abbr>' in page
    assert facts["roles"]["sales"] == ["order.view"]
    assert "order.export" in facts["permissions"]


@pytest.mark.parametrize("path", ["", "1/", "why/"])
def test_the_pages_are_closed(app: Flask, visit: OpenBrowser, path: str) -> None:
    assert visit(app).get(RIGHTS + path).status_code == 302
    assert visit(app, "order.view").get(RIGHTS + path).status_code == 403
    assert visit(app).send(f"{RIGHTS}1/", {"permissions": "order.edit"}).status_code == 302


def test_why_asks_for_the_right_to_see_users(app: Flask, visit: OpenBrowser) -> None:
    assert visit(app, "role.view").get(f"{RIGHTS}why/").status_code == 403


@pytest.mark.parametrize("key", ["999", str(2**63 - 1), str(2**63), "9" * 40])
def test_a_role_that_is_not_there_is_404(app: Flask, visit: OpenBrowser, key: str) -> None:
    boss = visit(app, "*")

    assert boss.get(f"{RIGHTS}{key}/").status_code == 404
    assert boss.send(f"{RIGHTS}{key}/", {"permissions": "order.view"}).status_code == 404


def test_boxes_are_saved(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, *BOSS), f"{RIGHTS}{key_of(app)}/"

    answer = boss.send(path, form(boss.get(path).text, tick={"order.edit"}, clear={"order.view"}))

    assert (answer.status_code, answer.location) == (302, path)
    assert held(app) == {"order.edit"}
    assert "was saved" in boss.get(path).text


def test_who_may_only_look_changes_nothing(app: Flask, visit: OpenBrowser) -> None:
    viewer, path = visit(app, "role.view", "order.view", "order.edit"), f"{RIGHTS}{key_of(app)}/"
    page = viewer.get(path).text

    assert not any(is_open for _, is_open in boxes(page).values())
    assert "not change them" in page
    assert viewer.send(path, form(page, tick={"order.edit"})).status_code == 403
    assert held(app) == {"order.view"}


def test_nobody_gives_what_they_lack(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, *BOSS), f"{RIGHTS}{key_of(app)}/"
    page = boss.get(path).text

    answer = boss.send(path, form(page, tick={"user.edit"}))

    assert boxes(page)["user.edit"] == (False, False)
    assert boxes(page)["order.delete"] == (False, True)
    assert answer.status_code == 422
    assert "You do not have user.edit yourself" in answer.text
    assert held(app) == {"order.view"}


def test_nobody_changes_a_role_that_holds_more_than_they(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, *BOSS), f"{RIGHTS}{key_of(app, 'owners')}/"
    page = boss.get(path).text

    emptied = boss.send(path, form(page, tick=set()))
    forged = boss.send(path, form(page, tick={"order.edit", "mail.view"}))

    assert not any(is_open for _, is_open in boxes(page).values())
    assert "do not have yourself" in page
    assert forged.status_code == 422
    assert emptied.status_code in {302, 422}
    assert held(app, "owners") == {"mail.view", "order.view"}


@pytest.mark.parametrize("name", ["order.veiw", "x" * 5000, "<script>", "\x00", "\ud800"])
def test_a_permission_that_is_none_is_refused(app: Flask, visit: OpenBrowser, name: str) -> None:
    boss, path = visit(app, "*"), f"{RIGHTS}{key_of(app)}/"
    fields = form(boss.get(path).text, tick=set())
    body = {**fields, "permissions": [name.encode("utf-8", "surrogatepass").decode("utf-8", "replace")]}

    answer = boss.send(path, body)

    assert answer.status_code == 422
    assert "There is no permission" in answer.text
    assert "<script>&#39;" not in answer.text
    assert held(app) == {"order.view"}


def test_a_change_meanwhile_is_409_and_kept_until_one_saves_again(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, "*"), f"{RIGHTS}{key_of(app)}/"
    mine = form(boss.get(path).text, tick={"order.edit"})
    with app.app_context():
        db.session.query(Role).filter_by(name="sales").one().permissions = {"customer.view"}
        db.session.commit()

    late = boss.send(path, mine)
    between = held(app)
    again = boss.send(path, form(late.text, tick=set()))

    assert late.status_code == 409
    assert "Given meanwhile: customer.view" in re.sub(r"\s+", " ", late.text)
    assert "Taken meanwhile: order.view" in re.sub(r"\s+", " ", late.text)
    assert between == {"customer.view"}
    assert again.status_code == 302
    assert held(app) == {"order.view", "order.edit"}


def test_of_eight_at_once_one_is_saved(app: Flask, visit: OpenBrowser) -> None:
    path = f"{RIGHTS}{key_of(app)}/"
    people: list[Visitor] = [visit(app, "*") for _ in range(8)]
    verbs = ("create", "edit", "delete", "export")
    forms = [
        {
            **form(p.get(path).text, tick={f"order.{verbs[i % 4]}", f"customer.{verbs[i // 4]}"}),
            "csrf_token": p.get("/test-token").text,
        }
        for i, p in enumerate(people)
    ]
    start = Barrier(8)

    def save(number: int) -> int:
        start.wait()
        return people[number].client.post(path, data=forms[number]).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(save, range(8)))

    assert statuses == [302] + [409] * 7
    assert len(held(app)) == 3


def test_a_save_without_a_token_is_refused(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, "*"), f"{RIGHTS}{key_of(app)}/"

    assert boss.client.post(path, data=form(boss.get(path).text, tick={"order.edit"})).status_code == 400


def test_a_change_is_in_the_audit_log(app: Flask, visit: OpenBrowser) -> None:
    boss, path = visit(app, "*"), f"{RIGHTS}{key_of(app)}/"
    boss.send(path, form(boss.get(path).text, tick={"order.edit"}))

    assert "order.edit" in boss.get("/admin/audit_entry/?search=role_permission").text


def test_the_page_says_why(app: Flask, visit: OpenBrowser) -> None:
    boss = visit(app, *BOSS)
    with app.app_context():
        db.session.add(
            user_class()(email="bob@example.com", roles=[db.session.query(Role).filter_by(name="sales").one()])
        )
        db.session.commit()
    query = "?email=Bob@example.com&permission=order.edit"
    page = boss.get(f"{RIGHTS}why/{query}").text
    facts = boss.client.get(f"{RIGHTS}why/{query}", headers={"Accept": "application/json"}).json

    assert "bob@example.com may not order.edit." in page
    assert "None of its roles (sales) gives it order.edit." in page
    assert facts["may"] is False
    assert [r["passes"] for r in facts["reasons"]] == [True, None, False]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("email=nobody@example.com&permission=order.edit", "There is no account with this address."),
        ("email=%00&permission=order.edit", "There is no account with this address."),
        ("email=visitor0@example.com&permission=admin.access&key=1", "admin.access is not about a table"),
        ("email=visitor0@example.com&permission=order.edit&key=99", "There is no Order 99."),
        ("email=visitor0@example.com&permission=order.edit&key=" + "9" * 300, "There is no Order 999"),
        ("email=visitor0@example.com&permission=order.edit&key=%00", "There is no Order"),
        ("email=visitor0@example.com&permission=%3Cscript%3E", "There is no permission &lt;script&gt;."),
    ],
)
def test_a_question_without_an_answer_says_so(app: Flask, visit: OpenBrowser, query: str, said: str) -> None:
    page = visit(app, *BOSS).get(f"{RIGHTS}why/?{query}")

    assert page.status_code == 200
    assert said in page.text


def test_a_program_that_asks_nothing_gets_422(app: Flask, visit: OpenBrowser) -> None:
    answer = visit(app, "*").client.get(f"{RIGHTS}why/", headers={"Accept": "application/json"})

    assert answer.status_code == 422
    assert "?email=" in json.loads(answer.data)["detail"]


def test_why_tells_nothing_about_rows_out_of_the_askers_sight(make_admin: MakeAdmin, visit: OpenBrowser) -> None:
    app = make_admin("helpdesk")
    asker = visit(app, "role.view", "user.view", "ticket.view")
    add(app, Ticket(id=1, title="t", agent_id=1), Ticket(id=2, title="t", agent_id=2))
    path = f"{RIGHTS}why/?email=visitor0@example.com&permission=ticket.view&key="

    assert "lets it see Ticket 1." in asker.get(path + "1").text
    assert "There is no Ticket 2." in asker.get(path + "2").text
    assert "There is no Ticket 3." in asker.get(path + "3").text


def test_forty_roles_and_many_tables_stay_light(app: Flask, visit: OpenBrowser) -> None:
    add(app, *(Role(name=f"role number {n}", permissions={"order.view", "order.edit"}) for n in range(40)))
    boss = visit(app, "*")
    seen: list[str] = []
    with app.app_context():
        import sqlalchemy as sa

        sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _k, text, *_: seen.append(text))

    page = boss.get(RIGHTS)

    assert page.status_code == 200
    assert len(seen) <= 6
    assert len(page.data) < 200_000
