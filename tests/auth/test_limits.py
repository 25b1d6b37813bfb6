"""Guessing passwords: from one network, from many, past proxies, and beside a device that is known."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, make_user
from tests.conftest import SECRET_KEY

from demijohn import clock, db
from demijohn.audit.models import AuditEntry
from demijohn.auth.limits import may_ask_for_mail

MakeApp = Callable[..., Flask]
WRONG = "wrong-wrong-wrong"
QUICK = {"hash_memory_kib": 8, "hash_passes": 1}
"""Hashes that cost nothing: what is tested here is what is counted."""


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    """Five wrong passwords from everywhere together, and an account slows down for strangers."""
    site = make_app(auth={**QUICK, "sign_in_account_attempts": 5, "device_attempts": 3})
    make_user(site)
    return site


def guess(site: Flask, times: int, email: str = "ada@example.com", password: str = WRONG) -> list[int]:
    """Try from as many networks as times."""
    return [Visitor(site, f"203.0.{number}.1").sign_in(email, password).status_code for number in range(times)]


def test_one_account_guessed_from_many_networks_is_slowed(site: Flask) -> None:
    assert guess(site, 7) == [422] * 5 + [429] * 2

    answer = Visitor(site, "198.51.100.7").sign_in()

    assert answer.status_code == 429, "even with the right password: nobody learns that it is"
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400 / 5


def test_an_account_that_does_not_exist_is_slowed_alike(site: Flask) -> None:
    assert guess(site, 7, "nobody@example.com") == [422] * 5 + [429] * 2


def test_a_slowed_account_slows_no_other(site: Flask) -> None:
    make_user(site, "bea@example.com")
    guess(site, 7)

    assert Visitor(site).sign_in("bea@example.com").status_code == 302


def test_time_lets_strangers_in_again(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    guess(site, 6)
    monkeypatch.setattr(clock, "shift", timedelta(seconds=86_400 / 5 + 1))

    assert Visitor(site, "198.51.100.7").sign_in().status_code == 302


def test_the_owners_sign_ins_do_not_forgive_what_other_networks_tried(site: Flask) -> None:
    guess(site, 4)
    for _ in range(3):
        assert Visitor(site, "198.51.100.7").sign_in().status_code == 302

    assert guess(site, 2) == [422, 429]


def test_the_audit_log_names_a_slowed_account_once(site: Flask) -> None:
    guess(site, 9)

    with site.app_context():
        found = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "auth.account_slowed")).all()
        assert [entry.key for entry in found] == ["1"]


def test_eight_guesses_at_once_are_never_more_than_the_limit(make_app: MakeApp, database_url: str) -> None:
    site = make_app(database={"url": database_url}, auth={**QUICK, "sign_in_account_attempts": 3})
    make_user(site)
    visitors = [Visitor(site, f"203.0.{number}.1") for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda visitor: visitor.sign_in(password=WRONG).status_code, visitors))

    assert sorted(codes) == [422] * 3 + [429] * 5


def test_a_program_is_told_in_json_how_long_to_wait(site: Flask) -> None:
    guess(site, 5)

    answer = Visitor(site).post_json("/auth/login", {"email": "ada@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0


def test_what_is_refused_is_held_against_nobody(make_app: MakeApp) -> None:
    site = make_app(auth={**QUICK, "sign_in_account_attempts": 2, "sign_in_attempts": 3, "sign_in_address_attempts": 4})
    make_user(site, "bea@example.com")
    make_user(site)
    guess(site, 2)
    visitor = Visitor(site, "198.51.100.7")
    assert [visitor.sign_in(password=WRONG).status_code for _ in range(9)] == [429] * 9

    assert visitor.sign_in("bea@example.com").status_code == 302, "its network has tried nothing"


# --- known devices


@pytest.fixture
def known(site: Flask) -> Visitor:
    """A browser that signed in once, and out again."""
    visitor = Visitor(site, "192.0.2.4")
    visitor.sign_in()
    visitor.post("/auth/logout", page="/auth/account")
    return visitor


def device_cookie(visitor: Visitor) -> str:
    found = visitor.client.get_cookie("device")
    assert found is not None
    return found.value


def with_cookie(site: Flask, value: str, address: str = "198.51.100.7") -> Visitor:
    visitor = Visitor(site, address)
    visitor.client.set_cookie("device", value)
    return visitor


def test_a_known_device_gets_in_while_strangers_wait(site: Flask, known: Visitor) -> None:
    guess(site, 7)
    assert Visitor(site, "198.51.100.7").sign_in().status_code == 429

    assert known.sign_in().status_code == 302


def test_a_known_device_gets_in_from_a_network_that_has_used_up_its_tries(make_app: MakeApp) -> None:
    site = make_app(auth={**QUICK, "sign_in_address_attempts": 3})
    make_user(site)
    owner = Visitor(site)
    owner.sign_in()
    for number in range(4):
        last = Visitor(site).sign_in(f"u{number}@example.com")

    assert last.status_code == 429
    owner.post("/auth/logout", page="/auth/account")
    assert owner.sign_in().status_code == 302


def test_a_device_has_few_tries_of_its_own_and_is_a_stranger_then(site: Flask, known: Visitor) -> None:
    guess(site, 7)

    codes = [known.sign_in(password=WRONG).status_code for _ in range(5)]

    assert codes == [422, 422, 422, 429, 429]
    assert known.sign_in().status_code == 429


def test_a_stolen_copy_shares_the_count_of_its_device(site: Flask, known: Visitor) -> None:
    guess(site, 7)
    thieves = [with_cookie(site, device_cookie(known), f"203.0.113.{number}") for number in range(5)]

    assert [thief.sign_in(password=WRONG).status_code for thief in thieves] == [422, 422, 422, 429, 429]


def test_a_success_forgives_what_the_device_counted(site: Flask, known: Visitor) -> None:
    guess(site, 7)
    for _ in range(3):
        assert [known.sign_in(password=WRONG).status_code for _ in range(2)] == [422, 422]
        assert known.sign_in().status_code == 302
        known.post("/auth/logout", page="/auth/account")


def test_a_new_password_ends_every_known_device_but_the_one_that_set_it(site: Flask, known: Visitor) -> None:
    elsewhere = Visitor(site, "192.0.2.99")
    elsewhere.sign_in()
    fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}
    assert elsewhere.post("/auth/account/password", fields).status_code == 302
    elsewhere.post("/auth/logout", page="/auth/account")
    guess(site, 7)

    assert known.sign_in(password=NEW_PASSWORD).status_code == 429
    assert elsewhere.sign_in(password=NEW_PASSWORD).status_code == 302


def test_a_device_is_known_to_its_own_account_only(site: Flask, known: Visitor) -> None:
    make_user(site, "bea@example.com")
    guess(site, 7, "bea@example.com")

    assert with_cookie(site, device_cookie(known)).sign_in("bea@example.com").status_code == 429


def test_one_browser_is_known_to_several_accounts(site: Flask, known: Visitor) -> None:
    make_user(site, "bea@example.com")
    known.sign_in("bea@example.com")
    known.post("/auth/logout", page="/auth/account")
    guess(site, 7), guess(site, 7, "bea@example.com")

    assert known.sign_in().status_code == 302
    known.post("/auth/logout", page="/auth/account")
    assert known.sign_in("bea@example.com").status_code == 302


def test_a_device_is_forgotten_after_a_year(site: Flask, known: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = device_cookie(known)
    monkeypatch.setattr(clock, "shift", timedelta(days=366))
    guess(site, 7)

    assert with_cookie(site, cookie).sign_in().status_code == 429


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
        lambda value: "x" * 22 + value[22:],
        lambda value: value.replace(".", ".9", 1),
        lambda value: "",
        lambda value: "~" * 2000,
        lambda value: "~".join(["A" * 22 + ".1." + "0" * 64] * 20),
        lambda value: "..",
        lambda value: "x" * 3900,
    ],
    ids=["signature", "id", "moment", "empty", "separators", "many", "dots", "huge"],
)
def test_a_forged_device_is_a_stranger(site: Flask, known: Visitor, change: Callable[[str], str]) -> None:
    forged = change(device_cookie(known))
    guess(site, 7)

    assert with_cookie(site, forged).sign_in().status_code == 429


def test_a_wrong_password_makes_no_device_known(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in(password=WRONG)

    assert visitor.client.get_cookie("device") is None


def test_a_disabled_account_stays_shut_to_its_known_device(site: Flask, known: Visitor) -> None:
    change_user(site, is_active=False)

    assert known.sign_in().status_code == 422


def test_the_cookie_tells_nothing_and_is_kept_from_scripts(site: Flask) -> None:
    headers = Visitor(site).sign_in().headers.getlist("Set-Cookie")
    (header,) = (header for header in headers if header.startswith("device="))

    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"} <= set(header.split("; "))
    assert "ada" not in header


def test_in_production_it_is_a_host_cookie(make_app: MakeApp) -> None:
    site = make_app(environment="production", secret_key=SECRET_KEY, public_url="https://shop.example")
    make_user(site)
    at = {"base_url": "https://shop.example"}
    client = site.test_client()
    token = client.get("/auth/login", **at).text.partition('name="csrf_token" ')[2].split('value="')[1].split('"')[0]
    fields = {"email": "ada@example.com", "password": PASSWORD, "csrf_token": token}

    answer = client.post("/auth/login", data=fields, headers={"Origin": "https://shop.example"}, **at)

    (header,) = (one for one in answer.headers.getlist("Set-Cookie") if "device=" in one)
    assert header.startswith("__Host-device=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(header.split("; "))


# --- doors and addresses

PROXIED = "198.51.100.200"


def spoof(site: Flask, number: int, real: str = "") -> Visitor:
    """A visitor who claims another address each time, through a proxy that adds the real one if it is given."""
    visitor = Visitor(site, PROXIED)
    claimed = f"203.0.113.{number}"
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"{claimed}, {real}" if real else claimed
    visitor.client.environ_base["HTTP_FORWARDED"] = f"for={claimed}"
    visitor.client.environ_base["HTTP_X_REAL_IP"] = claimed
    return visitor


@pytest.mark.parametrize("proxies", [0, 1], ids=["no proxy", "behind a proxy"])
def test_a_claimed_address_does_not_help_at_sign_in(make_app: MakeApp, proxies: int) -> None:
    site = make_app(auth={**QUICK, "sign_in_attempts": 3}, security={"proxies": proxies})
    make_user(site)
    real = "192.0.2.77" if proxies else ""

    codes = [spoof(site, number, real).sign_in(password=WRONG).status_code for number in range(5)]

    assert codes == [422, 422, 422, 429, 429]


@pytest.mark.parametrize("proxies", [0, 1], ids=["no proxy", "behind a proxy"])
def test_a_claimed_address_does_not_help_at_reset(make_app: MakeApp, proxies: int) -> None:
    site = make_app(auth={**QUICK, "reset_address_attempts": 3}, security={"proxies": proxies})
    real = "192.0.2.77" if proxies else ""

    codes = [
        spoof(site, number, real).post("/auth/forgot", {"email": f"u{number}@example.com"}).status_code
        for number in range(5)
    ]

    assert codes == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/auth/confirm-identity", {"password": WRONG}),
        (
            "/auth/account/password",
            {"current_password": WRONG, "new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD},
        ),
    ],
    ids=["confirm identity", "password change"],
)
def test_a_stolen_session_does_not_guess_the_password_from_claimed_addresses(
    make_app: MakeApp, path: str, fields: dict[str, str]
) -> None:
    site = make_app(auth={**QUICK, "sign_in_attempts": 3, "device_attempts": 2})
    make_user(site)
    thief = Visitor(site)
    thief.sign_in()
    codes = []
    for number in range(7):
        thief.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        codes.append(thief.post(path, fields).status_code)

    assert codes == [422] * 5 + [429] * 2, "two as its device, three as a stranger"
    assert Visitor(site).sign_in(password=WRONG).status_code == 429, "every door has the same counts"


def test_addresses_of_one_ipv6_network_are_counted_together(make_app: MakeApp) -> None:
    site = make_app(auth={**QUICK, "sign_in_attempts": 3})
    make_user(site)

    codes = [Visitor(site, f"2001:db8:1:2::{n:x}").sign_in(password=WRONG).status_code for n in range(1, 6)]

    assert codes == [422, 422, 422, 429, 429]
    assert Visitor(site, "2001:db8:1:3::1").sign_in(password=WRONG).status_code == 422


def test_behind_a_proxy_people_are_told_apart(make_app: MakeApp) -> None:
    site = make_app(auth={**QUICK, "sign_in_attempts": 3}, security={"proxies": 1})
    make_user(site)
    for number in range(5):
        spoof(site, number, "192.0.2.77").sign_in(password=WRONG)

    assert spoof(site, 9, "198.18.0.1").sign_in().status_code == 302


def test_mail_of_each_kind_is_counted_apart_by_address_and_by_network(make_app: MakeApp) -> None:
    site = make_app(auth={**QUICK, "reset_attempts": 2, "reset_address_attempts": 5})

    def ask(kind: str, email: str, address: str) -> bool:
        with site.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return may_ask_for_mail(kind, email).allowed

    assert [ask("email", "Ada@Example.com", f"203.0.{n}.1") for n in range(4)] == [True, True, False, False]
    assert ask("link", "ada@example.com", "203.0.113.1")
    assert [ask("register", f"u{n}@example.com", "192.0.2.1") for n in range(7)] == [True] * 5 + [False] * 2
