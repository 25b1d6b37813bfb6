"""Two-step sign-in over HTTP, attacked."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.second_step import HOME, SETUP, STEP, Phone, give_app, give_codes, pass_both, shown_codes, shown_secret
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.audit.models import AuditEntry
from demijohn.auth.factors import rules
from demijohn.auth.factors.models import RecoveryCode, TotpFactor, TrustedDevice
from demijohn.mail.inbox import messages


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app)
    return app


def mails(site: Flask) -> list[Any]:
    """What was mailed so far, the last first."""
    with site.app_context():
        return messages(site)


def actions(site: Flask) -> set[str]:
    with site.app_context():
        return set(db.session.scalars(db.select(AuditEntry.action)))


def test_the_password_alone_opens_nothing_then(site: Flask) -> None:
    phone = give_app(site)
    visitor = Visitor(site)

    answer = visitor.sign_in(next="/auth/account/password")

    assert answer.location == STEP
    assert not visitor.is_signed_in()
    assert "one-time-code" in visitor.get(STEP).text
    assert visitor.post(STEP, {"code": phone.code()}).location == "/auth/account/password"
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    "written", ["{}", " {}\n", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"], ids=["plain", "blanks around", "space"]
)
def test_a_code_may_be_typed_with_spaces(site: Flask, written: str) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    visitor.sign_in()

    assert visitor.post(STEP, {"code": written.format(phone.code())}).status_code == 302


@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_code_works_once(site: Flask, beside: int) -> None:
    phone = give_app(site)
    first, second = Visitor(site), Visitor(site)
    code = phone.code(beside)
    first.sign_in()
    second.sign_in()

    assert first.post(STEP, {"code": code}).status_code == 302
    assert second.post(STEP, {"code": code}).status_code == 422
    assert second.post(STEP, {"code": phone.code(beside - 1)}).status_code == 422
    assert not second.is_signed_in()


@pytest.mark.parametrize("beside", [-3, 3])
def test_codes_of_other_times_do_not_fit(site: Flask, beside: int) -> None:
    phone = give_app(site)
    visitor = Visitor(site)

    assert pass_both(visitor, phone, later=beside).status_code == 422


def test_eight_at_once_with_one_code_let_one_in(make_app: MakeApp, database_url: str) -> None:
    site = make_app(database={"url": database_url}, auth={"two_factor": {"attempts": 100}})
    make_user(site)
    phone = give_app(site)
    visitors = [Visitor(site) for _ in range(8)]
    tokens = []
    for visitor in visitors:
        visitor.sign_in()
        tokens.append(csrf_token(visitor.get(STEP).text))
    code, answers = phone.code(1), dict[int, Any]()

    def send(number: int) -> None:
        fields = {"code": code, "csrf_token": tokens[number]}
        answers[number] = visitors[number].client.post(STEP, data=fields).status_code

    together(send)

    assert sorted(answers.values()) == [302] + [422] * 7
    assert sum(visitor.is_signed_in() for visitor in visitors) == 1


def test_eight_at_once_with_one_recovery_code_let_one_in(make_app: MakeApp, database_url: str) -> None:
    site = make_app(database={"url": database_url}, auth={"two_factor": {"attempts": 100}})
    make_user(site)
    give_app(site)
    code = give_codes(site)[0]
    visitors = [Visitor(site) for _ in range(8)]
    tokens = []
    for visitor in visitors:
        visitor.sign_in()
        tokens.append(csrf_token(visitor.get(STEP).text))
    answers = dict[int, Any]()

    def send(number: int) -> None:
        fields = {"code": code, "csrf_token": tokens[number]}
        answers[number] = visitors[number].client.post(STEP, data=fields).status_code

    together(send)

    assert sorted(answers.values()) == [302] + [422] * 7
    with site.app_context():
        assert db.session.query(RecoveryCode).count() == 9


def together(send: Any, times: int = 8) -> None:
    threads = [threading.Thread(target=send, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_guessing_codes_is_throttled_and_a_new_password_proof_forgives_nothing(make_app: MakeApp) -> None:
    site = make_app(auth={"two_factor": {"attempts": 3}})
    make_user(site)
    phone = give_app(site)
    guesser = Visitor(site)
    guesser.sign_in()
    for _ in range(3):
        assert guesser.post(STEP, {"code": phone.wrong_code()}).status_code == 422

    answer = guesser.post(STEP, {"code": phone.code()})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert pass_both(Visitor(site, "203.0.113.5"), phone).status_code == 429
    assert ["Somebody tries codes" in mail.subject for mail in mails(site)] == [True], "told once a day"
    assert not guesser.is_signed_in()
    assert {"auth.second_factor_failed", "auth.second_factor_throttled"} <= actions(site)


def test_one_network_cannot_try_codes_of_many_accounts(make_app: MakeApp) -> None:
    site = make_app(auth={"two_factor": {"address_attempts": 2}})
    phones = {}
    for name in ("ada", "bob", "eve"):
        make_user(site, f"{name}@example.com")
        phones[name] = give_app(site, f"{name}@example.com")

    codes = []
    for name, phone in phones.items():
        visitor = Visitor(site)
        visitor.sign_in(f"{name}@example.com")
        codes.append(visitor.post(STEP, {"code": phone.wrong_code()}).status_code)

    assert codes == [422, 422, 429]


def test_right_codes_are_not_counted(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_app(auth={"two_factor": {"attempts": 2}})
    make_user(site)
    phone = give_app(site)
    for number in range(4):
        monkeypatch.setattr(clock, "shift", timedelta(seconds=30 * number))
        assert pass_both(Visitor(site), phone).status_code == 302


HOSTILE = ["", "\0", "\ud800", "1" * 100_000, "' OR 1=1 --", "{{7*7}}", "-1", "1e5", "٣٤٥٦٧٨", "🙂🙂🙂🙂🙂🙂"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_input_breaks_the_step(site: Flask, text: str) -> None:
    give_app(site)
    program = Visitor(site)
    program.sign_in()

    assert program.post_json(STEP, {"code": text, "trust": text}, page=STEP).status_code in {400, 401, 422}
    assert not program.is_signed_in()


def test_a_program_signs_in_with_both(site: Flask) -> None:
    phone = give_app(site)
    program = Visitor(site)

    first = program.post_json("/auth/login", {"email": "ada@example.com", "password": PASSWORD})
    wrong = program.post_json(STEP, {"code": phone.wrong_code()}, page=STEP)
    right = program.post_json(STEP, {"code": phone.code()}, page=STEP)

    assert (first.status_code, first.json) == (202, {"next": STEP, "step": "auth.login_two_factor"})
    assert (wrong.status_code, wrong.mimetype) == (401, "application/problem+json")
    assert right.status_code == 200
    assert program.is_signed_in()


def test_the_step_of_nobody_leads_to_sign_in(site: Flask) -> None:
    for path in (STEP, SETUP):
        assert Visitor(site).get(path).location == "/auth/login"
        assert Visitor(site).post(path, {"code": "123456"}, page="/auth/login").location == "/auth/login"
        assert Visitor(site).get(path, headers={"Accept": "application/json"}).status_code == 401


def test_a_sign_in_left_for_a_quarter_of_an_hour_is_over(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    visitor.sign_in()
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    assert visitor.post(STEP, {"code": phone.code()}, page="/auth/login").location == "/auth/login"


def test_a_change_of_the_account_ends_the_sign_in_under_way(site: Flask) -> None:
    phone = give_app(site)
    for change in ({"is_active": False}, {"is_active": True, "password_hash": "x"}):
        visitor = Visitor(site)
        visitor.sign_in()
        change_user(site, **change)
        assert visitor.post(STEP, {"code": phone.code()}, page="/auth/login").location == "/auth/login"
        assert not visitor.is_signed_in()
        change_user(site, is_active=True)


def test_a_sign_in_under_way_opens_nothing_else(site: Flask) -> None:
    give_app(site)
    visitor = Visitor(site)
    visitor.sign_in()
    steps = {"auth.login_two_factor", "auth.two_factor_setup", "auth.keep", "auth.logout"}
    opened = []
    for rule in site.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]+:)?[^<>]+>", "1", rule.rule)
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())):
            for accept in ("text/html", "application/json"):
                half, stranger = (ask(one, path, method, accept) for one in (visitor, Visitor(site)))
                if half != stranger and rule.endpoint not in steps:
                    opened.append((method, accept, path, half, stranger))
                if rule.endpoint == "auth.logout":
                    visitor.sign_in()

    assert opened == []
    assert not visitor.is_signed_in()
    assert visitor.get(STEP).status_code == 200, "still under way"


def ask(visitor: Visitor, path: str, method: str, accept: str) -> tuple[int, str | None]:
    headers = {"Accept": accept, "X-CSRFToken": csrf_token(visitor.get("/auth/login").text)}
    answer = visitor.client.open(path, method=method, headers=headers)
    return answer.status_code, answer.location


def test_setting_up_shows_the_key_and_wants_a_first_code(site: Flask) -> None:
    visitor, other = Visitor(site), Visitor(site)
    visitor.sign_in()
    other.sign_in()
    page = visitor.get(f"{HOME}/app")
    phone = shown_secret(page)

    wrong = visitor.post(f"{HOME}/app", {"code": phone.wrong_code()})
    assert "<svg" in page.text
    assert "style=" not in page.text
    assert "data:" not in page.text
    assert wrong.status_code == 422
    assert shown_secret(wrong).secret == phone.secret, "the same key again"
    done = visitor.post(f"{HOME}/app", {"code": phone.code()})
    assert "was set up" in mails(site)[0].subject
    codes = shown_codes(done)

    assert len(codes) == 10
    assert done.headers["Cache-Control"] == "no-store"
    assert visitor.is_signed_in()
    assert not other.is_signed_in(), "the first factor ends every other session"
    assert not set(codes) & set(shown_codes(visitor.get(HOME))), "shown once"
    assert shown_secret(visitor.get(f"{HOME}/app")).secret != phone.secret
    assert "auth.second_factor_added" in actions(site)
    assert pass_both(Visitor(site), phone).status_code == 422, "the first code was used up"
    assert pass_both(Visitor(site), phone, later=1).status_code == 302


def test_a_key_that_no_code_confirmed_counts_for_nothing(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    visitor.get(f"{HOME}/app")

    assert Visitor(site).sign_in().location == "/auth/account"
    with site.app_context():
        assert db.session.query(TotpFactor).count() == 0


def test_eight_windows_that_confirm_at_once_set_up_one_app(make_app: MakeApp, database_url: str) -> None:
    site = make_app(database={"url": database_url})
    make_user(site)
    visitor = Visitor(site)
    visitor.sign_in()
    page = visitor.get(f"{HOME}/app")
    phone, token = shown_secret(page), csrf_token(page.text)
    cookies = [(cookie.key, cookie.value) for cookie in visitor.client._cookies.values()]
    pages = dict[int, Any]()

    def send(number: int) -> None:
        client = site.test_client()
        for name, value in cookies:
            client.set_cookie(name, value)
        pages[number] = client.post(f"{HOME}/app", data={"code": phone.code(), "csrf_token": token})

    together(send)

    assert all(page.status_code < 500 for page in pages.values())
    assert len([page for page in pages.values() if shown_codes(page)]) == 1
    with site.app_context():
        assert (db.session.query(TotpFactor).count(), db.session.query(RecoveryCode).count()) == (1, 10)


def test_another_app_takes_the_place_of_the_first(site: Flask) -> None:
    old = give_app(site)
    give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, old)
    new = shown_secret(visitor.get(f"{HOME}/app"))

    answer = visitor.post(f"{HOME}/app", {"code": new.code()})

    assert answer.location == HOME
    assert visitor.is_signed_in()
    assert pass_both(Visitor(site), old, later=1).status_code == 422
    assert pass_both(Visitor(site), new, later=1).status_code == 302


def test_a_program_sets_up_an_app(site: Flask) -> None:
    program = Visitor(site)
    program.sign_in()
    key = program.get(f"{HOME}/app", headers={"Accept": "application/json"}).json
    assert key is not None

    answer = program.post_json(f"{HOME}/app", {"code": Phone(key["secret"]).code()}, page="/auth/account")
    state = program.get(HOME, headers={"Accept": "application/json"}).json

    assert key["uri"].startswith("otpauth://totp/")
    assert answer.json is not None
    assert len(answer.json["recovery_codes"]) == 10
    assert state == {"second_factors": ["totp"], "recovery_codes_left": 10, "trusted_devices": []}


def test_removing_the_app_asks_for_the_password_and_takes_everything_along(site: Flask) -> None:
    phone = give_app(site)
    give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, phone, trust="y")

    assert visitor.post(f"{HOME}/off", {"current_password": "wrong-wrong-wrong"}).status_code == 422
    answer = visitor.post(f"{HOME}/off", {"current_password": PASSWORD})
    assert "was removed" in mails(site)[0].subject

    assert answer.location == HOME
    assert "auth.second_factor_removed" in actions(site)
    with site.app_context():
        assert [db.session.query(kind).count() for kind in (TotpFactor, RecoveryCode, TrustedDevice)] == [0, 0, 0]
    assert Visitor(site).sign_in().location == "/auth/account"


@pytest.mark.parametrize("page", ["app", "off", "codes"])
def test_changing_factors_asks_again_who_it_is(site: Flask, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    address = f"{HOME}/{page}"

    assert visitor.get(address).location == f"/auth/confirm-identity?next={address}"
    assert visitor.post(address, {"code": phone.code()}, page=HOME).location.startswith("/auth/confirm-identity")
    refused = visitor.post_json(address, {"code": phone.code()}, page=HOME)
    assert refused.status_code == 401
    assert "/auth/confirm-identity" in refused.text


def test_new_recovery_codes_replace_the_old(site: Flask) -> None:
    phone = give_app(site)
    old = give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)

    new = shown_codes(visitor.post(f"{HOME}/codes"))
    assert "New recovery codes" in mails(site)[0].subject

    assert len(new) == 10
    other = Visitor(site)
    other.sign_in()
    assert other.post(STEP, {"code": old[0]}).status_code == 422
    assert other.post(STEP, {"code": new[0]}).status_code == 302
    assert "auth.recovery_codes_made" in actions(site)


def test_nobody_makes_recovery_codes_without_a_factor(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    assert visitor.post(f"{HOME}/codes", page=HOME + "/app").location == HOME
    with site.app_context():
        assert db.session.query(RecoveryCode).count() == 0


def test_a_recovery_code_lets_in_once_and_the_owner_is_told(site: Flask) -> None:
    give_app(site)
    code = give_codes(site)[0]
    visitor, second = Visitor(site), Visitor(site)
    visitor.sign_in()
    second.sign_in()

    assert "recovery codes that you kept" in visitor.get(f"{STEP}?use=recovery").text
    assert visitor.post(STEP, {"code": code.upper().replace("-", " ")}).status_code == 302
    (mail,) = mails(site)
    assert "Codes left: 9" in mail.text
    assert second.post(STEP, {"code": code}).status_code == 422
    assert "auth.recovery_code_used" in actions(site)


def test_the_page_says_in_each_state_what_to_do(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    assert "Set up an app" in visitor.get(HOME).text
    phone = give_app(site)
    codes = give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)
    assert "You have 10 codes" in visitor.get(HOME).text

    with site.app_context():
        from demijohn.auth.factors.recovery import use_code

        for code in codes[:-3]:
            use_code(find("ada@example.com").id, code)
        db.session.commit()
    assert "Only 3 codes are left" in visitor.get(HOME).text
    for code in codes[-3:]:
        helper = Visitor(site)
        helper.sign_in()
        assert helper.post(STEP, {"code": code}).status_code == 302
        assert "Recovery codes left: " in helper.get("/auth/account").text
    assert "no codes left" in visitor.get(HOME).text


def test_a_key_that_is_gone_is_said_in_the_log_and_recovery_codes_still_work(
    site: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    phone = give_app(site)
    codes = give_codes(site)
    site.config["SECRET_KEY"] = "another-key-0123456789-0123456789-abc"
    visitor = Visitor(site)

    assert pass_both(visitor, phone).status_code == 422
    assert "SECRET_KEY_FALLBACKS" in caplog.text
    assert phone.secret not in caplog.text
    assert visitor.post(STEP, {"code": codes[0]}).status_code == 302


def test_a_trusted_device_is_not_asked_again_until_its_time_is_over(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    cookie = pass_both(visitor, phone, trust="y").headers.getlist("Set-Cookie")
    assert any("trusted_device=" in one and "HttpOnly" in one and "SameSite=Lax" in one for one in cookie)
    visitor.post("/auth/logout", page="/auth/account")

    assert visitor.sign_in().location == "/auth/account"
    visitor.post("/auth/logout", page="/auth/account")
    assert visitor.sign_in(password="wrong-wrong-wrong").status_code == 422, "it stands for the second step only"
    assert Visitor(site).sign_in().location == STEP, "another device"
    monkeypatch.setattr(clock, "shift", timedelta(days=31))
    assert visitor.sign_in().location == STEP


def test_trust_is_of_one_person_even_on_a_shared_device(site: Flask) -> None:
    make_user(site, "bob@example.com")
    phone, bobs = give_app(site), give_app(site, "bob@example.com")
    visitor = Visitor(site)
    pass_both(visitor, phone, trust="y")
    visitor.post("/auth/logout", page="/auth/account")

    assert visitor.sign_in("bob@example.com").location == STEP
    visitor.post(STEP, {"code": bobs.code(), "trust": "y"})
    visitor.post("/auth/logout", page="/auth/account")

    assert visitor.sign_in().location == "/auth/account"
    visitor.post("/auth/logout", page="/auth/account")
    assert visitor.sign_in("bob@example.com").location == "/auth/account"


@pytest.mark.parametrize("value", ["", "x", "x" * 43, "." * 500, "\ud800", "a" * 43 + "." + "b" * 43])
def test_a_made_up_trust_is_none(site: Flask, value: str) -> None:
    give_app(site)
    visitor = Visitor(site)
    visitor.client.set_cookie("trusted_device", value.encode(errors="replace").decode())

    assert visitor.sign_in().location == STEP


@pytest.mark.parametrize("ending", ["password", "disabled", "revoked", "all", "new app", "setting"])
def test_trust_ends(site: Flask, ending: str) -> None:
    phone = give_app(site)
    give_codes(site)
    visitor = Visitor(site)
    pass_both(visitor, phone, trust="y")
    password = PASSWORD
    if ending == "password":
        fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}
        visitor.post("/auth/account/password", fields)
        password = NEW_PASSWORD
    elif ending == "disabled":
        change_user(site, is_active=False)
        change_user(site, is_active=True)
    elif ending == "new app":
        visitor.post(f"{HOME}/app", {"code": shown_secret(visitor.get(f"{HOME}/app")).code()})
    elif ending == "setting":
        section = site.extensions["demijohn.auth"].section
        object.__setattr__(section, "two_factor", section.two_factor.model_copy(update={"trust_days": 0}))
    else:
        with site.app_context():
            (device,) = db.session.query(TrustedDevice).all()
        visitor.post(HOME, {"device": "all" if ending == "all" else str(device.id)})
    visitor.client.delete_cookie("session")

    assert visitor.sign_in(password=password).location == STEP


def test_nobody_ends_the_trust_of_others(site: Flask) -> None:
    make_user(site, "eve@example.com")
    phone, eves = give_app(site), give_app(site, "eve@example.com")
    pass_both(Visitor(site), phone, trust="y")
    eve = Visitor(site)
    eve.sign_in("eve@example.com")
    eve.post(STEP, {"code": eves.code(), "trust": "y"})
    with site.app_context():
        ids = [device.id for device in db.session.query(TrustedDevice)]

    for chosen in [*map(str, ids[:1]), "x", "", "9" * 40, "-1"]:
        eve.post(HOME, {"device": chosen})

    with site.app_context():
        assert db.session.query(TrustedDevice).count() == 2


def test_recovery_codes_and_devices_are_not_trusted_where_it_is_off(make_app: MakeApp) -> None:
    site = make_app(auth={"two_factor": {"trust_days": 0}})
    make_user(site)
    phone = give_app(site)
    visitor = Visitor(site)
    visitor.sign_in()

    assert "Do not ask again" not in visitor.get(STEP).text
    visitor.post(STEP, {"code": phone.code(), "trust": "y"})
    with site.app_context():
        assert db.session.query(TrustedDevice).count() == 0


def test_a_code_confirms_identity_beside_the_password(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    page = f"/auth/confirm-identity?next={HOME}/codes"
    confirm = "/auth/confirm-identity/code"
    assert visitor.get(f"{HOME}/codes").location == page

    assert visitor.post(confirm, {"code": phone.wrong_code(), "next": f"{HOME}/codes"}, page=page).status_code == 422
    assert visitor.post(confirm, {"code": "", "next": "//evil.example"}, page=page).status_code == 422
    answer = visitor.post(confirm, {"code": phone.code(), "next": f"{HOME}/codes"}, page=page)

    assert answer.location == f"{HOME}/codes"
    assert visitor.get(f"{HOME}/codes").status_code == 200
    again = visitor.post(confirm, {"code": phone.code(), "next": f"{HOME}/codes"}, page=page)
    assert again.status_code == 422, "used up"


def test_a_program_confirms_identity_by_code(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = give_app(site)
    program = Visitor(site)
    pass_both(program, phone)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))
    page = "/auth/confirm-identity"

    wrong = program.post_json(f"{page}/code", {"code": phone.wrong_code()}, page=page)
    right = program.post_json(f"{page}/code", {"code": phone.code(), "next": HOME}, page=page)

    assert (wrong.status_code, wrong.mimetype) == (422, "application/problem+json")
    assert (right.status_code, right.json) == (200, {"next": HOME})


def test_confirming_by_code_shares_the_limit_of_signing_in(make_app: MakeApp) -> None:
    site = make_app(auth={"two_factor": {"attempts": 2}})
    make_user(site)
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)
    page = "/auth/confirm-identity"

    codes = [visitor.post(f"{page}/code", {"code": phone.wrong_code()}, page=page).status_code for _ in range(3)]

    assert codes == [422, 422, 429]


@pytest.mark.parametrize(("length", "passes"), [(7, False), (8, True)])
def test_a_short_password_is_enough_with_a_second_factor(site: Flask, length: int, passes: bool) -> None:
    password = "qzvwxkjm"[:length]
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)

    fields = {"current_password": PASSWORD, "new_password": password, "password_confirm": password}
    answer = visitor.post("/auth/account/password", fields)

    assert (answer.status_code == 302) is passes


def test_a_short_password_does_not_stand_alone(site: Flask) -> None:
    phone = give_app(site)
    visitor = Visitor(site)
    pass_both(visitor, phone)
    fields = {"current_password": PASSWORD, "new_password": "qzvwxkjm", "password_confirm": "qzvwxkjm"}
    visitor.post("/auth/account/password", fields)

    refused = visitor.post(f"{HOME}/off", {"current_password": "qzvwxkjm"})

    assert refused.status_code == 422
    assert "less than 15 characters" in refused.text
    with site.app_context():
        assert db.session.query(TotpFactor).count() == 1
    plain = Visitor(make_plain(site))
    plain.sign_in("bob@example.com")
    short = {"current_password": PASSWORD, "new_password": "qzvwxkjm", "password_confirm": "qzvwxkjm"}
    assert plain.post("/auth/account/password", short).status_code == 422


def make_plain(site: Flask) -> Flask:
    make_user(site, "bob@example.com")
    return site


def test_no_secret_is_in_the_log_or_the_audit_log(site: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    visitor = Visitor(site)
    visitor.sign_in()
    phone = shown_secret(visitor.get(f"{HOME}/app"))
    code = phone.code()
    codes = shown_codes(visitor.post(f"{HOME}/app", {"code": code}))
    other = Visitor(site)
    other.sign_in()
    other.post(STEP, {"code": codes[0]})

    with site.app_context():
        logged = " ".join(str(vars(entry)) for entry in db.session.query(AuditEntry)) + caplog.text
    assert not [secret for secret in (phone.secret, *codes) if secret in logged]
    assert rules.in_groups(phone.secret) not in logged
