"""A provider that is away, slow or new to its keys: local sign-in goes on, nobody waits for long."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from setup_faults import Mending
from tests.auth.oidc.conftest import Traveller
from tests.auth.oidc.fake_provider import FakeProvider
from tests.auth.oidc.test_sign_in import words
from tests.auth.visitor import make_user
from tests.conftest import MakeApp

from demijohn.auth.oidc import asking
from demijohn.auth.oidc.asking import Patience, UnreachableError, ask

AWAY = "Main Street does not answer"


def test_a_provider_that_is_away_is_named_and_the_password_opens(make_app: MakeApp) -> None:
    away = {"issuer": "http://127.0.0.1:9", "client_id": "x", "label": "Main Street"}
    site = make_app(auth={"oidc": {"main": away}})
    make_user(site)
    ada = Traveller(site)

    answer = ada.post("/auth/login/oidc/main", page="/auth/login")
    assert (answer.status_code, words(answer), answer.headers["Retry-After"]) == (503, AWAY, "30")
    told = ada.post_json("/auth/login/oidc/main", {})
    assert (told.status_code, told.json["detail"].partition(".")[0]) == (503, AWAY)

    ada.sign_in()
    assert ada.is_signed_in()


def test_after_a_failure_nobody_asks_for_half_a_minute(make_site: Any, fake: FakeProvider, clock: Any) -> None:
    fake.answers["/.well-known/openid-configuration"] = lambda: ("", 502)
    visitor = Traveller(make_site(provision=True))

    for _ in range(3):
        assert words(visitor.post("/auth/login/oidc/main", page="/auth/login")) == AWAY
    assert len(fake.asked) == 1

    fake.answers.clear()
    clock.travel(timedelta(seconds=31))
    visitor.travel(fake)
    assert visitor.is_signed_in()


@pytest.mark.slow
def test_a_slow_provider_keeps_nobody_longer_than_five_seconds_and_nobody_else_at_all(
    make_site: Any, fake: FakeProvider
) -> None:
    release = threading.Event()
    fake.answers["/.well-known/openid-configuration"] = lambda: release.wait(30) and None
    site = make_site()
    make_user(site)
    waiting = Traveller(site)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(waiting.post("/auth/login/oidc/main", page="/auth/login")))
    began = time.monotonic()
    thread.start()
    while not fake.asked:
        time.sleep(0.01)

    ada = Traveller(site)
    ada.sign_in()
    assert ada.is_signed_in()
    assert thread.is_alive(), "the password was asked for while the other waited"
    thread.join()
    release.set()

    assert words(answers[0]) == AWAY
    assert time.monotonic() - began < 15, "five seconds, on a busy machine"


def test_headers_that_come_drop_by_drop_are_cut_short() -> None:
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.05):
                    connection.sendall(b"X-Slow: yes\r\n"[:1])
            except OSError:
                pass

    thread = threading.Thread(target=drip)
    thread.start()

    with pytest.raises(UnreachableError, match="in time"):
        ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", Patience(0.5))

    done.set()
    thread.join()
    listener.close()


def test_new_keys_are_asked_for_when_one_is_unknown(make_site: Any, fake: FakeProvider, clock: Any) -> None:
    site = make_site(provision=True)
    Traveller(site).travel(fake)
    fake.key = fake.signing_key = RSAKey.generate_key(2048, {"kid": "two"})
    clock.travel(timedelta(seconds=11))

    ada = Traveller(site)
    ada.travel(fake)

    assert ada.is_signed_in()
    assert fake.asked.count("/jwks") == 2
    assert fake.asked.count("/.well-known/openid-configuration") == 1


def test_a_stranger_cannot_make_us_ask_for_keys_again_and_again(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    fake.signing_key = RSAKey.generate_key(2048, {"kid": "two"})

    for _ in range(4):
        Traveller(site).travel(fake)

    assert fake.asked.count("/jwks") == 1


def test_what_is_not_https_is_not_asked() -> None:
    for url in ("http://login.example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "https://a:b@example.com/"):
        with pytest.raises(asking.ProviderError):
            ask(url, Patience())


def test_authlib_is_imported_with_the_first_way_to_a_provider_only(tmp_path: Any) -> None:
    import subprocess
    import sys

    program = """
import sys
from demijohn import Settings, create_app
auth = {"oidc": {"main": {"issuer": "http://127.0.0.1:9", "client_id": "x"}}}
app = create_app("nowhere", Settings(environment="testing", secret_key="k" * 40 + "0123456789abcdef", auth=auth))
assert app.test_client().get("/auth/login").status_code == 200
print(sorted({m.partition(".")[0] for m in sys.modules} & {"authlib", "joserfc", "requests", "httpx"}))
"""
    (tmp_path / "nowhere.py").write_text("")
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.stdout.strip() == "[]", run.stderr


@pytest.mark.mends("auth/oidc/capability.py:refuse_missing_library")
@pytest.mark.parametrize("way", ["installed", "removed"])
def test_a_missing_authlib_is_told_at_the_start(
    mending: Mending, make_app: MakeApp, clean_environment: pytest.MonkeyPatch, way: str
) -> None:
    import sys
    from importlib.metadata import metadata

    with clean_environment.context() as without:
        without.setitem(sys.modules, "authlib", None)  # as if it were not installed
        with clean_environment.context() as named:
            named.setenv("FLASK_AUTH__OIDC__MAIN__ISSUER", "http://127.0.0.1:9")
            named.setenv("FLASK_AUTH__OIDC__MAIN__CLIENT_ID", "x")
            fix = mending.refused(make_app).fix
        assert "remove the FLASK_AUTH__OIDC__" in fix
        if way == "removed":
            mending.started(make_app)

    if way == "installed":
        extra = fix.partition('pip install "demijohn[')[2].partition("]")[0]
        assert extra in (metadata("demijohn").get_all("Provides-Extra") or [])
        clean_environment.setenv("FLASK_AUTH__OIDC__MAIN__ISSUER", "http://127.0.0.1:9")
        clean_environment.setenv("FLASK_AUTH__OIDC__MAIN__CLIENT_ID", "x")
        mending.started(make_app)
