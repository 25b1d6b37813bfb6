"""Rows out of a person's scope: looked for at every door of the dashboard, over HTTP."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_admin.contrib.sqla.ajax import QueryAjaxModelLoader
from helpdesk import Client, Desk, Part, Ticket, Topic, Visit
from tests.admin.conftest import MakeAdmin, Visitor, add
from tests.admin.conftest import Visit as OpenBrowser

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.auth.models import Role, user_class

TABLES = ("ticket", "client", "topic", "part", "visit", "complaint", "desk")
SECRETS = ("Theirs", "Foreign", "Gone title")
"""Words of rows that are not agent 1's."""


class TicketView(ModelView):
    model = Ticket
    column_list = ("title", "client", "client.name", "backup", "topics", "priority")
    column_sortable_list = ("title", "priority", ("client", "client.name"))
    column_searchable_list = ("title", "client.name", "backup.name")
    column_filters = ("client", "client.name", "priority")
    column_editable_list = ("title", "priority")
    column_export_list = ("title", "client", "topics")
    inline_models = (Part,)

    @action("raise", "Raise", permission="edit")
    def action_raise(self, ids: list[Any]) -> None:
        for ticket in db.session.scalars(sa.select(Ticket).where(Ticket.id.in_(ids))):
            ticket.priority = 9
        db.session.commit()


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin("helpdesk", admin_views=[TicketView], database={"url": database_url})
    with app.app_context():
        role = Role(
            name="agents",
            permissions={f"{t}.{v}" for t in TABLES for v in ("view", "create", "edit", "delete", "export")}
            | {"audit_entry.view"},
        )
        db.session.add_all([user_class()(id=n, email=f"{n}@example.com", roles=[role]) for n in (1, 2)])
        mine, theirs = Client(id=1, name="Mine Ltd", agent_id=1), Client(id=2, name="Foreign Ltd", agent_id=2)
        public, internal = Topic(id=1, name="public"), Topic(id=2, name="Foreign topic", is_internal=True)
        db.session.add_all([mine, theirs, public, internal])
        db.session.flush()
        db.session.add_all(
            [
                Ticket(id=1, title="First of mine", agent_id=1, client_id=1, topics=[public]),
                Ticket(id=2, title="Second of mine", agent_id=1, client_id=2, topics=[public, internal]),
                Ticket(id=3, title="Theirs", agent_id=2, client_id=2),
                Visit(id=4, title="Visit of mine", agent_id=1),
                Visit(id=5, title="Theirs, visited", agent_id=2),
                Desk(room="a", number=1, agent_id=1),
                Desk(room="Theirs", number=2, agent_id=2),
            ]
        )
        db.session.flush()
        db.session.add_all(
            [Part(id=1, ticket_id=2, name="plain part"), Part(id=2, ticket_id=2, name="Foreign part", is_secret=True)]
        )
        db.session.commit()
        count_on_from(100)
    return app


def count_on_from(number: int) -> None:
    """Let PostgreSQL give keys beyond those that the fixture gave itself."""
    if db.engine.dialect.name == "postgresql":
        for table in ("user", "client", "topic", "ticket", "part"):
            db.session.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), {number})"))
        db.session.commit()


@pytest.fixture
def agent(app: Flask) -> Visitor:
    client = app.test_client()
    client.get("/test-sign-in/1")
    return Visitor(client)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", page)


def is_silent(page: str) -> bool:
    return not any(word in page for word in SECRETS)


def ticket(app: Flask, key: int) -> Any:
    with app.app_context():
        return db.session.execute(sa.select(Ticket.__table__).where(Ticket.__table__.c.id == key)).one_or_none()


def test_the_list_has_the_rows_of_the_scope_and_counts_them(agent: Visitor) -> None:
    page = agent.get("/admin/ticket/").text

    assert re.findall(r"(First of mine|Second of mine|Visit of mine)</a>", page) == [
        "Visit of mine",
        "Second of mine",
        "First of mine",
    ]
    assert '<span class="dm-count">3</span>' in page
    assert is_silent(page)


def test_a_related_record_out_of_sight_is_not_named(agent: Visitor) -> None:
    page = agent.get("/admin/ticket/?search=Second").text

    assert page.count("(hidden)") == 2  # the client and its name
    assert "public" in page
    assert is_silent(page)


def test_the_count_of_a_full_page_is_that_of_the_scope(app: Flask, agent: Visitor) -> None:
    add(app, *(Ticket(title=f"t{n}", agent_id=1 + n % 2) for n in range(80)))

    assert '<span class="dm-count">43</span>' in agent.get("/admin/ticket/?page_size=25").text
    assert "of 43" in text(agent.get("/admin/ticket/?page=1&page_size=25").text)


@pytest.mark.parametrize("word", ["Theirs", "Foreign"])
def test_a_search_finds_nothing_out_of_sight(agent: Visitor, word: str) -> None:
    assert "Nothing matches" in agent.get(f"/admin/ticket/?search={word}").text


def test_a_filter_on_a_related_text_finds_nothing_out_of_sight(app: Flask, agent: Visitor) -> None:
    view = next(v for v in app.extensions["admin"][0].model_views() if v.table == "ticket")
    view.build()
    texts = [(i, f) for i, f in enumerate(view._filters) if f.operation() == "contains"]
    assert len(texts) == 2

    for index, flt in texts:
        name = f"flt0_{view.get_filter_arg(index, flt)}"
        assert "Nothing matches" in agent.get(f"/admin/ticket/?{name}=Foreign").text
        assert "First of mine" in agent.get(f"/admin/ticket/?{name}=Mine").text


def test_a_chip_does_not_name_a_record_out_of_sight(app: Flask, agent: Visitor) -> None:
    view = next(v for v in app.extensions["admin"][0].model_views() if v.table == "ticket")
    view.build()
    index, flt = next((i, f) for i, f in enumerate(view._filters) if f.operation() == "equals")

    page = agent.get(f"/admin/ticket/?flt0_{view.get_filter_arg(index, flt)}=2").text

    assert "Second of mine" in page
    assert is_silent(page)


@pytest.mark.parametrize(("name", "order"), [("Aaa", ["Second", "First"]), ("Zzz", ["Second", "First"])])
def test_sorting_does_not_tell_how_a_hidden_name_compares(
    app: Flask, agent: Visitor, name: str, order: list[str]
) -> None:
    with app.app_context():
        db.session.get_one(Client, 2).name = name
        db.session.commit()

    found = [
        re.findall(r"(First|Second) of mine</a>", agent.get(f"/admin/ticket/?sort=1{desc}").text)
        for desc in ("", "&desc=1")
    ]

    assert found[0] == found[1][::-1]
    assert found[0] in (order, order[::-1])


def test_sorting_keeps_hidden_names_at_one_end(app: Flask, agent: Visitor) -> None:
    orders = set()
    for name in ("Aaa", "Zzz"):
        with app.app_context():
            db.session.get_one(Client, 2).name = name
            db.session.commit()
        orders.add(tuple(re.findall(r"(First|Second) of mine</a>", agent.get("/admin/ticket/?sort=1").text)))

    assert len(orders) == 1


def test_the_export_has_what_the_list_has(agent: Visitor) -> None:
    sheet = agent.get("/admin/ticket/export/csv/").text

    assert len(sheet.splitlines()) == 4
    assert "Second of mine,(hidden),public" in sheet
    assert is_silent(sheet)


def test_a_plain_export_does_not_name_a_related_record_out_of_sight(agent: Visitor) -> None:
    sheet = agent.get("/admin/visit/export/csv/").text + agent.get("/admin/complaint/export/csv/").text

    assert "Visit of mine" in sheet
    assert is_silent(sheet)
    assert agent.get("/admin/part/export/csv/").text.count("\n") == 2


@pytest.mark.parametrize("path", ["details", "edit", "delete", "history"])
@pytest.mark.parametrize(
    "address",
    ["/admin/ticket/{}/?id=3", "/admin/ticket/{}/?id=5", "/admin/visit/{}/?id=5", "/admin/desk/{}/?id=Theirs,2"],
)
def test_a_row_out_of_sight_is_as_good_as_none(agent: Visitor, address: str, path: str) -> None:
    answer, none = (
        agent.get(address.format(path)),
        agent.get(re.sub(r"id=.*", "id=99,9" if "desk" in address else "id=99", address.format(path))),
    )

    assert (answer.status_code, answer.location) == (none.status_code, none.location)
    assert answer.status_code in {302, 404}
    assert is_silent(answer.text)


def test_a_row_out_of_sight_is_not_written(app: Flask, agent: Visitor) -> None:
    before = ticket(app, 3)

    agent.send("/admin/ticket/edit/?id=3", {"title": "taken", "agent_id": "1"})
    agent.confirm("/admin/ticket/delete/?id=3", {"id": "3"})
    agent.confirm("/admin/ticket/action/", {"action": "delete", "rowid": ["1", "3"]})
    agent.confirm("/admin/ticket/action/", {"action": "raise", "rowid": ["2", "3", "5"]})
    cell = agent.send("/admin/ticket/ajax/update/", {"list_form_pk": "3", "title": "taken"})

    assert ticket(app, 3) == before
    assert ticket(app, 1) is None
    assert (ticket(app, 2).priority, ticket(app, 5).priority) == (9, None)
    assert cell.status_code == 404


def test_a_digest_of_another_does_not_open_a_row(app: Flask, agent: Visitor, visit: OpenBrowser) -> None:
    boss = visit(app, "*")
    digest = re.search(r'name="record_digest"[^>]*value="(\w+)"', boss.get("/admin/ticket/edit/?id=3").text)
    assert digest

    answer = agent.send("/admin/ticket/edit/?id=3", {"title": "taken", "record_digest": digest[1]})

    assert answer.status_code == 302
    assert ticket(app, 3).title == "Theirs"


def test_nobody_saves_a_record_out_of_their_own_sight(app: Flask, agent: Visitor) -> None:
    moved = agent.submit("/admin/ticket/edit/?id=1", agent_id="2")
    made = agent.submit("/admin/ticket/new/", title="for another", agent_id="2")

    assert (moved.status_code, made.status_code) == (422, 422)
    assert "would not be among those that you may see" in moved.text
    assert ticket(app, 1).agent_id == 1
    with app.app_context():
        assert db.session.query(Ticket).count() == 5


def test_a_record_of_ones_own_is_made_and_changed(app: Flask, agent: Visitor) -> None:
    assert agent.submit("/admin/ticket/new/", title="for me", agent_id="1", client="1").status_code == 302
    assert agent.submit("/admin/ticket/edit/?id=1", title="changed").status_code == 302
    assert ticket(app, 1).title == "changed"


def test_a_lookup_offers_only_what_is_in_sight(agent: Visitor) -> None:
    assert agent.get("/admin/ticket/ajax/lookup/?name=client&query=").json == [["1", "Mine Ltd"]]
    assert agent.get("/admin/ticket/ajax/lookup/?name=client&query=2").json == []
    assert agent.get("/admin/ticket/ajax/lookup/?name=topics&query=").json == [["1", "public"]]


def test_a_record_out_of_sight_can_not_be_chosen_and_its_name_does_not_come_back(app: Flask, agent: Visitor) -> None:
    hidden, none = (agent.submit("/admin/ticket/edit/?id=1", client=key) for key in ("2", "99"))
    topics = agent.submit("/admin/ticket/edit/?id=1", topics="1,2")

    assert (hidden.status_code, none.status_code, topics.status_code) == (422, 422, 422)
    assert "There is no such record." in hidden.text
    assert "There is no such record." in none.text
    assert is_silent(hidden.text)
    assert is_silent(topics.text)
    assert ticket(app, 1).client_id == 1


def test_what_a_record_has_out_of_sight_is_kept_and_not_named(app: Flask, agent: Visitor) -> None:
    page = agent.get("/admin/ticket/edit/?id=2")
    saved = agent.submit("/admin/ticket/edit/?id=2", title="changed", client="2", topics="1,2")

    assert is_silent(page.text)
    assert "(hidden)" in page.text
    assert saved.status_code == 302, re.findall(r"error[^<]*<[^<]*", saved.text)
    assert (ticket(app, 2).title, ticket(app, 2).client_id) == ("changed", 2)
    with app.app_context():
        assert len(db.session.get_one(Ticket, 2).topics) == 2


def test_inline_records_out_of_sight_are_neither_shown_nor_written(app: Flask, agent: Visitor) -> None:
    page = agent.get("/admin/ticket/edit/?id=2").text
    kept = {"client": "2", "topics": "1,2"}
    forged = agent.submit("/admin/ticket/edit/?id=2", **kept, **{"parts-1-id": "2", "parts-1-name": "taken"})
    gone = agent.submit(
        "/admin/ticket/edit/?id=2", **kept, **{"parts-1-id": "2", "parts-1-name": "x", "del-parts-1": "1"}
    )
    secret = agent.submit("/admin/ticket/edit/?id=2", **kept, **{"parts-1-name": "new", "parts-1-is_secret": "y"})
    fine = agent.submit("/admin/ticket/edit/?id=2", **kept, **{"parts-1-name": "new"})

    assert "plain part" in page
    assert is_silent(page)
    assert [a.status_code for a in (forged, gone, secret, fine)] == [422, 422, 422, 302]
    with app.app_context():
        names = [p.name for p in db.session.query(Part).order_by(Part.id)]
    assert names == ["plain part", "Foreign part", "new"]


def test_inline_records_ask_their_own_permission(app: Flask, visit: OpenBrowser) -> None:
    with app.app_context():
        db.session.get_one(Ticket, 1).agent_id = 3 if db.engine.dialect.name == "sqlite" else 101
        db.session.add(Part(ticket_id=1, name="a part"))
        db.session.commit()
    person = visit(app, "ticket.view", "ticket.edit")

    assert "a part" not in person.get("/admin/ticket/edit/?id=1").text


def test_the_dashboard_counts_and_tells_what_is_in_sight(app: Flask, agent: Visitor) -> None:
    page = text(agent.get("/admin/").text)

    assert is_silent(page)
    assert re.search(r"Client.{0,400}?\b1\b", page)


def test_history_is_of_rows_in_sight(app: Flask, agent: Visitor, visit: OpenBrowser) -> None:
    boss = visit(app, "*")
    boss.submit("/admin/ticket/edit/?id=3", title="Theirs, changed", client="2")
    agent.submit("/admin/ticket/edit/?id=1", title="changed by me")

    assert agent.get("/admin/ticket/history/?id=1").status_code == 200
    assert agent.get("/admin/ticket/history/?id=3").status_code == 404
    assert is_silent(agent.get("/admin/").text)


def test_history_of_a_gone_row_is_for_who_sees_every_row(app: Flask, agent: Visitor, visit: OpenBrowser) -> None:
    with app.app_context():
        db.session.add(gone := Ticket(id=90, title="Gone title", agent_id=2))
        db.session.commit()
        db.session.delete(gone)
        db.session.commit()

    assert visit(app, "*").get("/admin/ticket/history/?id=90").status_code == 200
    assert agent.get("/admin/ticket/history/?id=90").status_code == 404


def test_the_audit_log_is_about_rows_in_sight(app: Flask, agent: Visitor, visit: OpenBrowser) -> None:
    with app.app_context():
        db.session.get_one(Ticket, 3).title = "Theirs, changed"
        db.session.get_one(Ticket, 1).title = "Mine, changed"
        db.session.get_one(Desk, ("Theirs", 2)).agent_id = 7
        db.session.commit()

    page, sheet = (
        agent.get("/admin/audit_entry/?page_size=500").text,
        agent.get("/admin/audit_entry/?search=ticket").text,
    )
    boss = visit(app, "*").get("/admin/audit_entry/?page_size=500").text

    assert "Mine, changed" in page
    assert [page[page.index(w) - 500 : page.index(w)] for w in SECRETS if w in page] == []
    assert is_silent(page + sheet)
    assert "Theirs, changed" in boss


def test_a_conflict_does_not_name_a_record_out_of_sight(app: Flask, agent: Visitor) -> None:
    page = agent.get("/admin/ticket/edit/?id=1").text
    from tests.admin.conftest import form_values

    fields = form_values(page)
    with app.app_context():
        db.session.get_one(Ticket, 1).client_id = 2
        db.session.commit()

    answer = agent.send("/admin/ticket/edit/?id=1", {**fields, "title": "late"})

    assert answer.status_code == 409
    assert is_silent(answer.text)


def test_a_superuser_sees_every_row(app: Flask, visit: OpenBrowser) -> None:
    boss = visit(app, "*")
    page = boss.get("/admin/ticket/").text

    assert '<span class="dm-count">5</span>' in page
    assert "Foreign Ltd" in page
    assert boss.get("/admin/ticket/edit/?id=3").status_code == 200
    assert boss.get("/admin/ticket/export/csv/").text.count("\n") == 6


class OwnQuery(ModelView):
    model = Ticket
    form_ajax_refs = {"client": QueryAjaxModelLoader("client", db, Client, fields=["name"])}

    def get_query(self) -> Any:
        return db.session.query(Ticket).filter(Ticket.title != "First of mine")

    def get_count_query(self) -> Any:
        return db.session.query(sa.func.count(Ticket.id)).filter(Ticket.title != "First of mine")


@pytest.fixture
def own_query(make_admin: MakeAdmin) -> Visitor:
    app = make_admin("helpdesk", admin_views=[OwnQuery])
    with app.app_context():
        role = Role(name="agents", permissions={"ticket.view", "ticket.edit", "client.view"})
        db.session.add(user_class()(id=1, email="1@example.com", roles=[role]))
        db.session.add_all([Client(id=n, name=name, agent_id=n) for n, name in ((1, "Mine Ltd"), (2, "Foreign Ltd"))])
        for key, title, who in ((1, "First of mine", 1), (2, "Second of mine", 1), (3, "Theirs", 2)):
            db.session.add(Ticket(id=key, title=title, agent_id=who))
        db.session.commit()
    client = app.test_client()
    client.get("/test-sign-in/1")
    return Visitor(client)


def test_a_views_own_query_and_look_up_do_not_open_the_scope(own_query: Visitor) -> None:
    page = own_query.get("/admin/ticket/").text

    assert "Second of mine" in page
    assert "First of mine" not in page
    assert is_silent(page)
    assert own_query.get("/admin/ticket/edit/?id=3").status_code == 302
    assert own_query.get("/admin/ticket/ajax/lookup/?name=client&query=").json == [[1, "Mine Ltd"]]


def test_a_list_costs_as_many_statements_however_many_rows_are_hidden(app: Flask, agent: Visitor) -> None:
    def statements() -> int:
        seen: list[str] = []
        listen = lambda _c, _k, sql, *_: seen.append(sql)  # noqa: E731
        sa.event.listen(engine, "before_cursor_execute", listen)
        agent.get("/admin/ticket/?page_size=100")
        sa.event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    with app.app_context():
        engine = db.engine
    agent.get("/admin/ticket/?page_size=100")
    few = statements()
    add(app, *(Client(id=100 + n, name=f"c{n}", agent_id=1 + n % 2) for n in range(40)))
    add(app, *(Ticket(title=f"t{n}", agent_id=1, client_id=100 + n) for n in range(40)))

    assert statements() == few


def test_the_scopes_of_another_application_are_not_asked_here(make_admin: MakeAdmin, visit: OpenBrowser) -> None:
    shop = make_admin("shop")

    assert visit(shop, "order.view", "audit_entry.view").get("/admin/audit_entry/").status_code == 200


def test_the_search_over_everything_has_the_rows_of_the_scope(agent: Visitor) -> None:
    page = agent.get("/admin/global-search/?q=mine").text

    assert "First of mine" in page
    for word in ("Theirs", "Foreign"):
        assert "details" not in agent.get(f"/admin/global-search/?q={word}").text
    assert agent.get("/admin/global-search/seen/?at=ticket:3&at=client:2&at=desk:Theirs,2").json == []


def test_everything_that_matches_is_of_the_scope(app: Flask, agent: Visitor) -> None:
    page = agent.send("/admin/ticket/action/", {"action": "raise", "matching": "by="})

    assert page.status_code == 409
    assert is_silent(page.text)
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("matching", "group_digest")}  # type: ignore[index]
    agent.send("/admin/ticket/action/", {"action": "raise", **fields})
    with app.app_context():
        raised = db.session.execute(
            sa.select(Ticket.__table__.c.agent_id).where(Ticket.__table__.c.priority == 9)
        ).all()
    assert {row.agent_id for row in raised} == {1}


def test_checkboxes_offer_only_rows_that_one_sees(make_admin: MakeAdmin) -> None:
    from flask_admin.contrib.sqla.fields import CheckboxListField

    class Boxes(ModelView):
        model = Ticket
        form_columns = ("title", "topics")
        form_overrides = {"topics": CheckboxListField}

    app = make_admin("helpdesk", admin_views=[Boxes])
    with app.app_context():
        rights = {"ticket.view", "ticket.edit", "topic.view"}
        agent = user_class()(id=1, email="1@example.com", roles=[Role(name="agents", permissions=rights)])
        topics = [Topic(id=1, name="public"), Topic(id=2, name="Foreign topic", is_internal=True)]
        client = Client(id=1, name="Mine Ltd", agent_id=1)
        db.session.add_all([agent, client, *topics])
        db.session.flush()
        db.session.add(Ticket(id=1, title="Mine", agent_id=1, client_id=1, topics=topics[:1]))
        db.session.add(Ticket(id=2, title="Mine too", agent_id=1, client_id=1, topics=topics))
        db.session.commit()
    browser = Visitor(app.test_client())
    browser.get("/test-sign-in/1")

    page = browser.get("/admin/ticket/edit/?id=1").text
    forged = browser.submit("/admin/ticket/edit/?id=1", title="Mine", topics=["1", "2"])

    assert "public" in page
    assert "Foreign topic" not in page
    assert topics_of(app, 1) == ["public"], forged.text
    browser.submit("/admin/ticket/edit/?id=2", title="Renamed", topics=["1"])
    assert topics_of(app, 2) == ["Foreign topic", "public"]


def topics_of(app: Flask, ticket_id: int) -> list[str]:
    with app.app_context():
        return sorted(topic.name for topic in db.session.get_one(Ticket, ticket_id).topics)
