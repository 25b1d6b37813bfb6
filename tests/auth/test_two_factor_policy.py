"""Who must have a second factor: held at every door, for sessions that are there already, POST, JSON and tokens."""

from typing import Any, Literal

import pytest
from flask import Flask
from tests.auth.second_step import HOME, SETUP, STEP, give_app, give_codes, pass_both, shown_codes, shown_secret
from tests.auth.visitor import PASSWORD, Visitor, find, make_user
from tests.conftest import MakeApp

from demijohn import current_user, db, login_required
from demijohn.auth.factors.models import TotpFactor
from demijohn.auth.models import Role

Whom = Literal["nobody", "staff", "everybody"]


def require(site: Flask, whom: Whom) -> None:
    """Switch the policy while the application runs, as a new start with other settings would."""
    section = site.extensions["demijohn.auth"].section
    object.__setattr__(section, "two_factor", section.two_factor.model_copy(update={"required_of": whom}))


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(auth={"two_factor": {"required_of": "staff"}})
    make_user(app, is_superuser=True)
    make_user(app, "carl@example.com")
    return app


@pytest.mark.parametrize(("whom", "asked"), [("nobody", set()), ("staff", {"ada"}), ("everybody", {"ada", "carl"})])
def test_who_has_none_is_led_to_set_one_up(site: Flask, whom: Whom, asked: set[str]) -> None:
    require(site, whom)

    led = {name for name in ("ada", "carl") if Visitor(site).sign_in(f"{name}@example.com").location == SETUP}

    assert led == asked


def test_set_up_at_sign_in_and_in(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in(next="/admin/user/")
    phone = shown_secret(visitor.get(SETUP))
    assert visitor.post(SETUP, {"code": phone.wrong_code()}).status_code == 422
    assert visitor.get("/admin/").location.startswith("/auth/login")

    codes = shown_codes(visitor.post(SETUP, {"code": phone.code()}))
    assert len(codes) == 10
    assert visitor.get("/admin/").location.startswith("/auth/login"), "the codes are to be kept first"
    again = visitor.get(SETUP)
    answer = visitor.post(SETUP)

    assert not set(codes) & set(shown_codes(again))
    assert answer.location == "/admin/user/"
    assert visitor.get("/admin/user/").status_code == 200
    other = Visitor(site)
    assert pass_both(other, phone, later=1).status_code == 302
    assert other.get("/admin/").status_code == 200


def test_a_program_sets_up_at_sign_in(site: Flask) -> None:
    program = Visitor(site)
    first = program.post_json("/auth/login", {"email": "ada@example.com", "password": PASSWORD})
    assert (first.status_code, first.json) == (202, {"next": SETUP, "step": "auth.two_factor_setup"})
    key = program.get(SETUP, headers={"Accept": "application/json"}).json
    assert key is not None
    phone = shown_secret_of(key["secret"])

    codes = program.post_json(SETUP, {"code": phone.code()}, page="/auth/login").json
    done = program.post_json(SETUP, {}, page="/auth/login")

    assert codes is not None
    assert len(codes["recovery_codes"]) == 10
    assert (done.status_code, done.json) == (200, {"next": "/admin/"})
    assert program.is_signed_in()


def shown_secret_of(secret: str) -> Any:
    from tests.auth.second_step import Phone

    return Phone(secret)


def test_set_up_elsewhere_meanwhile_is_asked_for(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    phone = give_app(site)

    assert visitor.get(SETUP).location == STEP
    assert visitor.post(SETUP, {"code": phone.code()}, page="/auth/login").location == STEP
    assert not visitor.is_signed_in()


def test_a_session_from_before_the_policy_is_worth_nothing(site: Flask) -> None:
    require(site, "nobody")
    visitor = Visitor(site)
    visitor.sign_in()
    page = visitor.get("/admin/user/new/")
    assert page.status_code == 200

    require(site, "staff")

    assert visitor.get("/admin/").location.startswith("/auth/login")
    assert "A second step is needed" in visitor.get("/auth/login").text
    new = {"email": "eve@example.com", "is_active": "y"}
    assert visitor.post("/admin/user/new/", new, page="/auth/login").location.startswith("/auth/login")
    assert visitor.post("/admin/user/delete/", {"id": "2"}, page="/auth/login").location.startswith("/auth/login")
    program = visitor.get("/admin/user/", headers={"Accept": "application/json"})
    assert (program.status_code, "second factor" in program.text) == (401, True)
    assert visitor.post_json("/auth/account", {"name": "Eve"}).status_code == 401
    assert visitor.get(f"{HOME}/app").location.startswith("/auth/login"), "else a thief of the session sets up theirs"
    with site.app_context():
        assert [find("ada@example.com").name, db.session.query(type(find("ada@example.com"))).count()] == ["", 2]
    assert visitor.sign_in().location == SETUP


def test_a_session_of_somebody_who_becomes_staff_is_worth_nothing(site: Flask) -> None:
    with site.app_context():
        role = Role(name="sales")
        db.session.add(role)
        carl = find("carl@example.com")
        carl.roles.append(role)
        db.session.commit()
    visitor = Visitor(site)
    visitor.sign_in("carl@example.com")
    assert visitor.is_signed_in()

    with site.app_context():
        db.session.query(Role).one().permissions.add("user.view")
        db.session.commit()

    assert not visitor.is_signed_in()
    assert visitor.post("/auth/account", {"name": "x"}, page="/auth/login").location.startswith("/auth/login")
    assert visitor.sign_in("carl@example.com").location == SETUP


def test_a_session_of_a_second_factor_is_untouched_by_the_policy(site: Flask) -> None:
    require(site, "nobody")
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)

    require(site, "everybody")

    assert visitor.get("/admin/").status_code == 200


def test_a_trusted_device_and_a_recovery_code_are_enough_for_the_policy(site: Flask) -> None:
    phone = give_app(site)
    codes = give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, phone, trust="y")
    visitor.post("/auth/logout", page="/auth/account")
    visitor.sign_in()
    other = Visitor(site)
    other.sign_in()
    other.post(STEP, {"code": codes[0]})

    assert visitor.get("/admin/").status_code == other.get("/admin/").status_code == 200


def test_whoever_must_have_one_can_not_remove_the_last(site: Flask) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)

    page = visitor.get(f"{HOME}/off")
    answer = visitor.post(f"{HOME}/off", {"current_password": PASSWORD}, page="/auth/account")

    assert "must have a second factor" in page.text
    assert answer.status_code == 422
    with site.app_context():
        assert db.session.query(TotpFactor).count() == 1


def test_a_token_counts_only_if_its_owner_has_a_second_factor_and_never_in_the_dashboard(site: Flask) -> None:
    @site.get("/me")
    @login_required
    def me() -> str:
        return current_user.email

    require(site, "nobody")
    visitor = Visitor(site)
    visitor.sign_in()
    bearer = {"headers": {"Authorization": f"Bearer {made_token(visitor)}"}}
    assert site.test_client().get("/me", **bearer).text == "ada@example.com"
    assert site.test_client().get("/admin/user/", **bearer).status_code == 200

    require(site, "staff")
    without = site.test_client().get("/me", **bearer)
    phone = give_app(site)
    pass_both(visitor := Visitor(site), phone)

    assert without.status_code == 401
    assert "second factor" in without.text
    assert site.test_client().get("/me", **bearer).text == "ada@example.com"
    for path in ("/admin/", "/admin/user/", "/admin/user/export/csv/"):
        assert site.test_client().get(path, **bearer).status_code == 403
        assert visitor.get(path, **bearer).status_code == 403, "nor beside a session that has one"


def made_token(visitor: Visitor) -> str:
    body = {"name": "job", "days": 30, "scopes": ["user.view", "admin.access"]}
    answer = visitor.post_json("/auth/account/tokens/new", body, page="/auth/account")
    assert answer.json is not None
    return str(answer.json["token"])


def test_a_door_that_the_project_made_is_held_too(site: Flask) -> None:
    from flask_login import login_user

    @site.post("/own-door")
    def own_door() -> str:
        login_user(find("ada@example.com"))
        return ""

    visitor = Visitor(site)
    visitor.post("/own-door", page="/auth/login")

    assert not visitor.is_signed_in()
    assert visitor.get("/admin/").location.startswith("/auth/login")
