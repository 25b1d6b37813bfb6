"""Second factors seen and reset by administrators, and identity asked again before accounts are changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.second_step import HOME, STEP, give_app, give_codes, pass_both
from tests.auth.test_screens import save
from tests.auth.visitor import PASSWORD, Visitor, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.admin import ModelView
from demijohn.audit.models import AuditEntry
from demijohn.auth.factors.models import RecoveryCode, TotpFactor, TrustedDevice
from demijohn.auth.models import Role, user_class
from demijohn.mail.inbox import messages


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app)
    return app


def boss(site: Flask, email: str = "boss@example.com") -> Visitor:
    visitor = Visitor(site, "203.0.113.9")
    visitor.sign_in(email)
    return visitor


def reset_page(site: Flask, email: str = "ada@example.com") -> str:
    with site.app_context():
        return f"/auth/reset-two-factor/{find(email).id}"


def left(site: Flask) -> list[int]:
    with site.app_context():
        return [db.session.query(kind).count() for kind in (TotpFactor, RecoveryCode, TrustedDevice)]


def test_the_list_of_users_says_who_has_a_second_factor(site: Flask) -> None:
    give_app(site)
    page = boss(site).get("/admin/user/").text
    rows = [row for row in page.split("<tr") if "col-second_factor" in row and "@example.com" in row]
    said = {row.split("@example.com")[0].split()[-1]: row.split("col-second_factor")[1][:80] for row in rows}

    assert {name.rpartition(">")[2]: "Yes" in text for name, text in said.items()} == {"ada": True, "boss": False}
    assert page.count("/auth/reset-two-factor/") == 1


def test_an_administrator_resets_what_was_lost(site: Flask) -> None:
    phone = give_app(site)
    give_codes(site)
    ada = Visitor(site)
    pass_both(ada, phone, trust="y")
    administrator = boss(site)
    page = reset_page(site)
    assert "an authenticator app" in administrator.get(page).text
    assert left(site) == [1, 10, 1], "asking does nothing"

    answer = administrator.post(page)

    assert answer.location == "/admin/user/"
    assert left(site) == [0, 0, 0]
    assert not ada.is_signed_in()
    assert Visitor(site).sign_in().location == "/auth/account"
    with site.app_context():
        (entry,) = db.session.query(AuditEntry).filter_by(action="auth.second_factors_reset")
        assert (entry.actor, str(entry.key)) == ("boss@example.com", str(find("ada@example.com").id))
        (mail,) = messages(site)
        assert ("was reset" in mail.subject, mail.to) == (True, ["ada@example.com"])


def test_who_may_not_edit_users_or_has_less_rights_resets_nothing(site: Flask) -> None:
    give_app(site)
    give_app(site, "boss@example.com")
    make_user(site, "carl@example.com")
    with site.app_context():
        db.session.add(Role(name="clerk", permissions={"user.view", "user.edit"}))
        db.session.add(Role(name="more", permissions={"role.edit"}))
        db.session.commit()
    make_user(site, "clerk@example.com", roles=["clerk"])
    make_user(site, "more@example.com", roles=["more"])
    give_app(site, "more@example.com")
    clerk = boss(site, "clerk@example.com")

    refused = [
        boss(site, "carl@example.com").get(reset_page(site)).status_code,
        clerk.get(reset_page(site, "boss@example.com")).status_code,
        clerk.post(reset_page(site, "more@example.com"), page="/auth/account").status_code,
        clerk.get(reset_page(site, "clerk@example.com")).status_code,
        clerk.get("/auth/reset-two-factor/999999").status_code,
        clerk.get("/auth/reset-two-factor/99999999999999999999").status_code,
    ]

    assert refused == [403, 403, 403, 409, 404, 404]
    assert left(site)[0] == 3
    assert clerk.post(reset_page(site), page="/auth/account").status_code == 302
    assert left(site)[0] == 2


def test_resetting_asks_again_who_it_is_and_answers_programs(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    give_app(site)
    program = boss(site)
    assert program.post_json(reset_page(site), {}, page="/auth/account").status_code == 200
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    assert program.post_json(reset_page(site), {}, page="/auth/account").status_code == 401


def test_the_command_resets_and_asks_before(site: Flask) -> None:
    give_app(site)
    runner = site.test_cli_runner()

    unsure = runner.invoke(args=["user", "reset-two-factor", "ada@example.com"], input="n\n")
    assert (unsure.exit_code, left(site)[0]) == (1, 1), unsure.output
    shown = json.loads(runner.invoke(args=["user", "show", "ada@example.com", "--json"]).output)
    done = runner.invoke(args=["user", "reset-two-factor", "ada@example.com", "--yes"])
    nobody = runner.invoke(args=["user", "reset-two-factor", "nobody@example.com", "--yes"])

    assert shown["second_factors"] == ["totp"]
    assert (done.exit_code, left(site)[0]) == (0, 0)
    assert nobody.exit_code == 1
    assert "There is no user" in nobody.output


def test_the_checks_name_the_policy_and_count_superusers_without(make_app: MakeApp) -> None:
    from demijohn.auth.factors.checks import check_policy, check_superusers

    site = make_app()
    make_user(site, is_superuser=True)
    make_user(site, "boss@example.com", is_superuser=True)
    with site.app_context():
        assert [problem.id for problem in check_policy(site)] == ["auth.W040"]
        (problem,) = check_superusers(site)
        assert (problem.id, problem.text.split()[0]) == ("auth.W041", "2")
    give_app(site)
    give_app(site, "boss@example.com")
    with site.app_context():
        assert list(check_superusers(site)) == []
    held = make_app(auth={"two_factor": {"required_of": "staff"}})
    with held.app_context():
        assert list(check_policy(held)) == []


def test_changing_accounts_asks_again_who_it_is(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = boss(site)
    fresh = visitor.get("/admin/user/edit/?id=2")
    assert fresh.status_code == 200
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    confirm = "/auth/confirm-identity?next="

    for path in ("/admin/user/new/", "/admin/role/new/", "/admin/user/edit/?id=2", "/admin/user/delete/?id=2"):
        assert visitor.get(path).location == confirm + path.replace("?", "%3F") or "confirm-identity" in str(
            visitor.get(path).location
        )
    assert visitor.get("/admin/user/").status_code == 200, "reading asks nothing"
    assert visitor.get("/admin/user/details/?id=2").status_code == 200
    program = visitor.get("/admin/user/edit/?id=2", headers={"Accept": "application/json"})
    assert (program.status_code, "/auth/confirm-identity" in program.text) == (401, True)

    visitor.post("/auth/confirm-identity", {"password": PASSWORD})
    assert visitor.get("/admin/user/edit/?id=2").status_code == 200


def test_what_was_typed_into_an_open_form_is_not_lost(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = boss(site)
    token = csrf_token(visitor.get("/admin/role/new/").text)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=20))
    fields = {"name": "typed", "csrf_token": token}

    saved = visitor.client.post("/admin/role/new/", data=fields, environ_base=visitor.environ)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=31))
    late = visitor.client.post("/admin/role/new/", data={**fields, "name": "late"}, environ_base=visitor.environ)

    assert saved.status_code == 302
    assert "confirm-identity" not in str(saved.location)
    assert late.location == "/auth/confirm-identity?next=/admin/role/new/"
    with site.app_context():
        assert [role.name for role in db.session.query(Role)] == ["typed"]


@pytest.mark.parametrize(
    ("path", "fields", "wanted"),
    [
        ("/admin/user/delete/", {"id": "2"}, "/admin/user/delete/?id%3D2"),
        ("/admin/user/action/", {"action": "delete", "rowid": "2"}, "/admin/user/"),
    ],
    ids=["delete", "action"],
)
def test_what_is_sent_from_the_list_is_asked_at_once(
    site: Flask, path: str, fields: dict[str, Any], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = boss(site)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    answer = visitor.post(path, fields, page="/auth/account")

    assert answer.location == f"/auth/confirm-identity?next={wanted}"
    with site.app_context():
        assert db.session.query(user_class()).count() == 2


class QuickUsers(ModelView):
    column_list = ("email", "name")
    column_editable_list = ("name",)
    form_columns = ("email", "name")


def test_a_projects_own_screen_of_users_asks_too_also_in_the_list(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_app(admin_views=[type("QuickUsers", (QuickUsers,), {"model": user_class()})])
    make_user(site, "boss@example.com", is_superuser=True)
    visitor = boss(site)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    cell = visitor.post("/admin/user/ajax/update/", {"list_form_pk": "1", "name": "Eve"}, page="/auth/account")

    assert (cell.status_code, cell.mimetype, "/auth/confirm-identity" in cell.text) == (401, "text/plain", True)
    assert "confirm-identity" in str(visitor.get("/admin/user/new/").location)
    with site.app_context():
        assert find("boss@example.com").name == ""


def test_other_models_are_changed_without_being_asked(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = boss(site)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    assert visitor.get("/admin/customer/new/").status_code == 200


def test_saving_a_user_still_works_after_a_proof(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = boss(site)
    phone = give_app(site, "boss@example.com")
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    page = "/auth/confirm-identity"
    visitor.post(f"{page}/code", {"code": phone.code(), "next": "/admin/user/edit/?id=2"}, page=page)

    assert save(visitor, "/admin/user/edit/?id=2", name="Ada L.").status_code == 302
    with site.app_context():
        assert find("ada@example.com").name == "Ada L."


def test_a_reset_leads_to_set_up_again_where_it_is_required(make_app: MakeApp) -> None:
    site = make_app(auth={"two_factor": {"required_of": "everybody"}})
    make_user(site)
    phone = give_app(site)
    pass_both(Visitor(site), phone)

    site.test_cli_runner().invoke(args=["user", "reset-two-factor", "ada@example.com", "--yes"])

    assert Visitor(site).sign_in().location == f"{STEP}/new"
    assert Visitor(site).get(HOME).location.startswith("/auth/login")
