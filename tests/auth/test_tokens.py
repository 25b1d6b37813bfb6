"""Mailed tokens: what they are about, and what kills them."""

from datetime import timedelta

import pytest
from flask import Flask
from tests.auth.visitor import Visitor, change_user, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.auth.tokens import Purpose, consume_token, find_token, issue_token

HOUR = timedelta(hours=1)
OF_AN_ACCOUNT: tuple[Purpose, ...] = ("reset", "email", "undo", "link")
WITHOUT_ONE: tuple[Purpose, ...] = ("confirm", "invite")


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app)
    return app


def issue(app: Flask, purpose: Purpose, address: str = "ada@example.com", *, account: bool = True) -> str:
    with app.app_context():
        user = find("ada@example.com") if account else None
        token = issue_token(purpose, user, address, lives_for=HOUR, payload={"next": "/desk", "remember": True})
        db.session.commit()
        return token


def works(app: Flask, purpose: Purpose, token: str) -> bool:
    with app.app_context():
        return find_token(purpose, token) is not None


def test_a_token_brings_back_what_was_noted_with_it(site: Flask) -> None:
    token = issue(site, "email", "NEW@example.com")

    with site.app_context():
        found = find_token("email", token)
        assert found is not None
        assert found.user is not None
        assert (found.user.email, found.address) == ("ada@example.com", "new@example.com")
        assert found.payload == {"next": "/desk", "remember": True}


def test_a_token_without_an_account_is_about_its_address(site: Flask) -> None:
    token = issue(site, "confirm", "new@example.com", account=False)

    with site.app_context():
        found = find_token("confirm", token)
        assert found is not None
        assert (found.user, found.address) == (None, "new@example.com")
        assert consume_token("confirm", token)
        assert not consume_token("confirm", token)


@pytest.mark.parametrize("purpose", WITHOUT_ONE)
def test_one_for_a_new_account_opens_nothing_for_an_old_one(site: Flask, purpose: Purpose) -> None:
    assert not works(site, purpose, issue(site, purpose))


@pytest.mark.parametrize("purpose", OF_AN_ACCOUNT)
def test_one_for_an_account_opens_nothing_without_one(site: Flask, purpose: Purpose) -> None:
    token = issue(site, purpose, "nobody@example.com", account=False)

    assert not works(site, purpose, token)
    with site.app_context():
        assert not consume_token(purpose, token)


def test_a_token_is_good_for_its_purpose_only(site: Flask) -> None:
    token = issue(site, "reset")

    assert [purpose for purpose in (*OF_AN_ACCOUNT, *WITHOUT_ONE) if works(site, purpose, token)] == ["reset"]


@pytest.mark.parametrize("purpose", ["reset", "email", "link", *WITHOUT_ONE])
def test_a_newer_token_kills_the_one_before(site: Flask, purpose: Purpose) -> None:
    account = purpose in OF_AN_ACCOUNT
    older, newer = issue(site, purpose, account=account), issue(site, purpose, account=account)

    assert not works(site, purpose, older)
    assert works(site, purpose, newer)


def test_a_newer_way_back_leaves_the_one_before_alone(site: Flask) -> None:
    older, newer = issue(site, "undo"), issue(site, "undo", "second@example.com")

    assert works(site, "undo", older)
    assert works(site, "undo", newer)


def test_a_request_for_one_address_kills_no_token_of_another(site: Flask) -> None:
    token = issue(site, "confirm", "one@example.com", account=False)
    issue(site, "confirm", "two@example.com", account=False)

    assert works(site, "confirm", token)


@pytest.mark.parametrize("purpose", OF_AN_ACCOUNT)
def test_a_token_is_dead_when_its_time_is_over(site: Flask, purpose: Purpose, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issue(site, purpose)
    monkeypatch.setattr(clock, "shift", HOUR)

    assert not works(site, purpose, token)


@pytest.mark.parametrize(("purpose", "lives"), [("reset", False), ("link", False), ("email", True), ("undo", True)])
def test_signing_in_ends_the_ways_in(site: Flask, purpose: Purpose, lives: bool) -> None:
    token = issue(site, purpose)

    Visitor(site).sign_in()

    assert works(site, purpose, token) is lives


@pytest.mark.parametrize(("purpose", "lives"), [("reset", False), ("link", False), ("email", False), ("undo", True)])
def test_a_new_password_ends_all_but_the_way_back(site: Flask, purpose: Purpose, lives: bool) -> None:
    token = issue(site, purpose)

    change_user(site, password_hash="another")

    assert works(site, purpose, token) is lives


@pytest.mark.parametrize("purpose", OF_AN_ACCOUNT)
def test_a_disabled_account_has_no_working_token(site: Flask, purpose: Purpose) -> None:
    token = issue(site, purpose)

    change_user(site, is_active=False)

    assert not works(site, purpose, token)
