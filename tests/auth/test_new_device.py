"""The notice to an owner whose account was signed in to from a device it has not seen."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.mailbox import mails_to, newest_mail
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, find, make_user
from tests.conftest import MakeApp

from demijohn import clock
from demijohn.auth.accounts import change_password
from demijohn.auth.devices import cookie_flags

ADA = "ada@example.com"
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost")
    make_user(app)
    return app


def sign_in(app: Flask, agent: dict[str, str], address: str = "198.51.100.7", **options: Any) -> Visitor:
    visitor: Visitor = options.pop("visitor", None) or Visitor(app, address)
    fields = {"email": ADA, "password": options.pop("password", PASSWORD)}
    assert visitor.post("/auth/login", fields, headers=agent).status_code == 302
    return visitor


def test_the_very_first_sign_in_is_no_news(site: Flask) -> None:
    sign_in(site, FIREFOX)

    assert mails_to(site, ADA) == 0


def test_a_new_device_is_told_with_when_where_and_what_to_do(site: Flask) -> None:
    sign_in(site, FIREFOX)
    sign_in(site, PHONE, "203.0.113.5")

    mail = newest_mail(site, ADA)
    assert mails_to(site, ADA) == 1
    assert mail.subject == "Somebody signed in to Shop with your account"
    assert "Safari on iPhone, 203.0.113.5" in mail.text
    assert "If not, set a new password at once" in mail.text


def test_the_same_kind_of_device_elsewhere_is_new_too(site: Flask) -> None:
    sign_in(site, FIREFOX)
    sign_in(site, FIREFOX, "203.0.113.5")

    assert mails_to(site, ADA) == 1


def test_a_device_seen_before_is_not_told_again(site: Flask) -> None:
    sign_in(site, FIREFOX)
    for _ in range(2):
        sign_in(site, PHONE, "203.0.113.5")

    assert mails_to(site, ADA) == 1


def test_a_browser_is_known_by_its_cookie_wherever_it_travels(site: Flask) -> None:
    visitor = sign_in(site, FIREFOX)
    visitor.post("/auth/logout", page="/auth/account")
    visitor.environ = {"REMOTE_ADDR": "203.0.113.5"}

    sign_in(site, FIREFOX, visitor=visitor)

    assert mails_to(site, ADA) == 0


def test_a_cookie_of_another_account_makes_nothing_known(site: Flask) -> None:
    make_user(site, "eve@example.com", password=NEW_PASSWORD)
    sign_in(site, FIREFOX)
    thief = Visitor(site, "203.0.113.5")
    thief.sign_in("eve@example.com", NEW_PASSWORD)
    thief.post("/auth/logout", page="/auth/account")
    with site.test_request_context():
        name = cookie_flags()[0]
    assert any(cookie.key == name for cookie in thief.client._cookies.values())

    sign_in(site, PHONE, visitor=thief)

    assert mails_to(site, ADA) == 1


def test_a_new_password_makes_no_news_of_the_owners_own_browser(site: Flask) -> None:
    sign_in(site, FIREFOX)
    with site.app_context():
        change_password(find(ADA), NEW_PASSWORD)
    before = mails_to(site, ADA)

    sign_in(site, FIREFOX, password=NEW_PASSWORD)

    assert mails_to(site, ADA) == before


def test_what_was_seen_is_forgotten_after_three_months(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(site, FIREFOX)
    monkeypatch.setattr(clock, "shift", timedelta(days=91))

    sign_in(site, FIREFOX)

    assert mails_to(site, ADA) == 1


def test_a_wrong_password_is_told_nobody(site: Flask) -> None:
    sign_in(site, FIREFOX)

    Visitor(site, "203.0.113.5").sign_in(password="wrong-wrong-wrong")

    assert mails_to(site, ADA) == 0


def test_it_can_be_switched_off(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"new_device_notices": False})
    make_user(site)
    sign_in(site, FIREFOX)
    sign_in(site, PHONE, "203.0.113.5")

    assert mails_to(site, ADA) == 0


@pytest.mark.parametrize(
    ("off", "told"), [({"audit": False}, 1), ({"audit": False, "sessions": False}, 0)], ids=["sessions", "nothing"]
)
def test_without_the_log_the_sessions_tell_and_without_both_nobody_knows(
    make_app: MakeApp, off: dict[str, bool], told: int
) -> None:
    site = make_app(public_url="http://localhost", features=off)
    make_user(site)
    sign_in(site, FIREFOX)
    sign_in(site, FIREFOX)
    sign_in(site, PHONE, "203.0.113.5")

    assert mails_to(site, ADA) == told


def test_without_mail_nothing_is_told_and_nothing_breaks(make_app: MakeApp) -> None:
    site = make_app(features={"mail": False})
    make_user(site)
    sign_in(site, FIREFOX)

    assert sign_in(site, PHONE, "203.0.113.5").is_signed_in()
