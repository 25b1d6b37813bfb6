"""Changing one's own password, and what it ends."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, find, make_user
from tests.conftest import SECRET_KEY, MakeApp

from demijohn import db
from demijohn.auth.models import Role
from demijohn.auth.rules import device_of, password_problems
from demijohn.mail.inbox import messages
from demijohn.sessions.registry import sessions_of

FIELDS = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app)
    return app


def test_a_change_keeps_this_session_and_ends_the_others(site: Flask) -> None:
    here, there = Visitor(site), Visitor(site)
    here.sign_in()
    there.sign_in()

    answer = here.post("/auth/account/password", FIELDS)

    assert answer.location == "/auth/account"
    assert here.is_signed_in()
    assert not there.is_signed_in()
    assert Visitor(site).sign_in(password=NEW_PASSWORD).status_code == 302


def test_the_owner_is_told_by_mail(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    visitor.post("/auth/account/password", FIELDS)

    with site.app_context():
        mail = messages(site)[-1]
    assert mail.to == ["ada@example.com"]
    assert "was changed, and every other device was signed out" in mail.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"current_password": "wrong-wrong-wrong"}, "not your current password"),
        ({"password_confirm": "something-else-12"}, "not the same"),
        ({"new_password": "short", "password_confirm": "short"}, "at least 15"),
        ({"new_password": ""}, "Enter a new password"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(site: Flask, fields: dict[str, str], words: str) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    answer = visitor.post("/auth/account/password", {**FIELDS, **fields})

    assert answer.status_code == 422
    assert words in answer.text
    assert Visitor(site).sign_in().status_code == 302


def test_guessing_the_current_password_is_throttled(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_attempts": 2, "device_attempts": 1})
    make_user(site)
    visitor = Visitor(site)
    visitor.sign_in()

    codes = [
        visitor.post("/auth/account/password", {**FIELDS, "current_password": "wrong-wrong-wrong"}).status_code
        for _ in range(4)
    ]

    assert codes == [422, 422, 422, 429]


ELSEWHERE = """
import sys, shop
from demijohn import Settings, create_app
from tests.auth.visitor import NEW_PASSWORD, find
features = {"sessions": sys.argv[4] == "True"}
settings = Settings(environment="testing", secret_key=sys.argv[2], database={"url": sys.argv[1]}, features=features)
app = create_app("shop", settings)
with app.app_context():
    from demijohn import db
    from demijohn.auth.accounts import change_password
    user = find("ada@example.com")
    if sys.argv[3] == "password":
        change_password(user, NEW_PASSWORD)
    elif sys.argv[3] == "disable":
        user.is_active = False
    else:
        user.is_superuser = True
    db.session.commit()
"""


@pytest.mark.parametrize("change", ["password", "disable", "promote"])
@pytest.mark.parametrize("sessions", [True, False], ids=["table", "cookie"])
def test_what_another_process_changes_ends_the_session_here(
    make_app: MakeApp, database_url: str, sessions: bool, change: str
) -> None:
    site = make_app(database={"url": database_url}, features={"sessions": sessions})
    make_user(site)
    visitor = Visitor(site)
    visitor.sign_in()
    assert visitor.is_signed_in()

    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "tests" / "sample")])
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, database_url, SECRET_KEY, change, str(sessions)],
        check=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=60,
    )

    assert not visitor.is_signed_in()


def test_devices_are_listed_and_can_be_signed_out(site: Flask) -> None:
    here, there = Visitor(site), Visitor(site, "203.0.113.9")
    here.sign_in()
    there.client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    )
    there.sign_in()
    page = here.get("/auth/account/sessions").text

    assert "Firefox on Linux" in page
    assert "203.0.113.9" in page
    assert "this device" in page

    number = re.search(r'name="session" value="(\d+)"', page)
    assert number
    here.post("/auth/account/sessions", {"session": number[1]})

    assert here.is_signed_in()
    assert not there.is_signed_in()


@pytest.mark.parametrize("end", ["disable", "delete", "roles"])
def test_what_ends_sessions_takes_them_out_of_the_list(site: Flask, end: str) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    with site.app_context():
        user = find("ada@example.com")
        assert len(sessions_of(user.id)) == 1
        if end == "disable":
            user.is_active = False
        elif end == "delete":
            db.session.delete(user)
        else:
            user.roles = [Role(name="sales")]
        db.session.commit()

        assert sessions_of(1) == []
    assert not visitor.is_signed_in()


def test_all_other_devices_can_be_signed_out_at_once(site: Flask) -> None:
    here, there, third = Visitor(site), Visitor(site), Visitor(site)
    for visitor in (here, there, third):
        visitor.sign_in()

    here.post("/auth/account/sessions", {"session": "others"})

    assert [visitor.is_signed_in() for visitor in (here, there, third)] == [True, False, False]


@pytest.mark.parametrize("chosen", ["", "x", "-1", "9" * 400, "٣", "0"])
def test_nobody_ends_a_session_that_is_not_theirs(site: Flask, chosen: str) -> None:
    make_user(site, "eve@example.com")
    ada, eve = Visitor(site), Visitor(site)
    ada.sign_in()
    eve.sign_in("eve@example.com")
    hers = [eve.post("/auth/account/sessions", {"session": number}) for number in ("1", chosen)]

    assert {answer.status_code for answer in hers} == {302}
    assert ada.is_signed_in()


@pytest.mark.parametrize(
    ("password", "personal", "fits"),
    [
        ("correct-horse-battery", (), True),
        ("fourteen-chars", (), False),
        ("fifteen-chars-x", (), True),
        ("passwordpassword", (), False),
        ("PasswordPassword", (), False),
        ("aaaaaaaaaaaaaaaaaa", (), False),
        ("abcabcabcabcabcab", (), False),
        ("012345678901234567", (), False),
        ("abcdefghijklmnopqrst", (), False),
        ("ada.lovelace@example.com", ("ada.lovelace@example.com",), False),
        ("Ada Lovelace 1234567", ("ada.lovelace@example.com",), False),
        ("shopshopshopshop", ("Shop",), False),
        ("ẞtraße-zum-meer!", (), True),
        ("x" * 1024 + "y", (), False),
        ("ein Satz mit Leerzeichen", (), True),
        ("\ud800" * 20, (), False),
        ("密码密码很长的一句话没有空格真的", (), True),
    ],
)
def test_password_rules(password: str, personal: tuple[str, ...], fits: bool) -> None:
    assert (password_problems(password, min_length=15, personal=personal) == []) is fits


def test_one_password_fits_however_the_keyboard_writes_it(make_app: MakeApp) -> None:
    site = make_app()
    make_user(site, password="café-au-lait-maison")

    assert Visitor(site).sign_in(password="cafe\u0301-au-lait-maison").status_code == 302


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("", "Unknown device"),
        ("curl/8", "Unknown device"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge on Windows"),
    ],
)
def test_a_device_is_named_in_the_readers_words(agent: str, device: str) -> None:
    assert device_of(agent) == device


def test_sign_ins_beyond_what_a_process_can_bear_are_told_to_come_back() -> None:
    from werkzeug.exceptions import ServiceUnavailable

    from demijohn.auth.passwords import WAITING_PER_SLOT, Passwords
    from demijohn.auth.settings import AuthSettings

    passwords = Passwords(AuthSettings(concurrent_hashes=1))
    held: list[Any] = [passwords.admitted.acquire(blocking=False) for _ in range(WAITING_PER_SLOT)]

    assert all(held)
    with pytest.raises(ServiceUnavailable) as refused:
        passwords.verify(None, PASSWORD)
    assert refused.value.retry_after == 1
