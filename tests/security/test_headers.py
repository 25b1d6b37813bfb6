"""The security headers on every kind of answer, the nonce, and the ways to open the policy."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, redirect, render_template_string, request

from demijohn import Settings, SetupError
from demijohn.security import csp
from demijohn.security.policy import DIRECTIVES, build_policy
from demijohn.security.settings import CspSettings

MakeApp = Callable[..., Flask]
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def add_views(app: Flask) -> Flask:  # noqa: C901 - a list of views
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    @app.get("/nonce")
    def nonce() -> str:
        return render_template_string("{{ csp_nonce() }} {{ csp_nonce() }}")

    @app.get("/gone")
    def gone() -> object:
        return redirect("/plain")

    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("fault")

    @app.get("/refused")
    def refused() -> str:
        abort(403)

    @app.get("/stream")
    def stream() -> Response:
        return Response(iter(["a", "b"]))

    @app.get("/unchanged")
    def unchanged() -> Response:
        answer = Response(render_template_string("{{ csp_nonce() }}") if "nonce" in request.args else "same")
        answer.set_etag("same")
        return answer.make_conditional(request)

    @app.get("/map")
    @csp(script_src="https://maps.example https://tiles.example", frame_src="https://maps.example")
    def map_page() -> str:
        return render_template_string("{{ csp_nonce() }}")

    @app.get("/framed")
    @csp(frame_ancestors="https://portal.example")
    def framed() -> str:
        return ""

    @app.get("/own")
    def own() -> tuple[str, dict[str, str]]:
        return "", {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}

    return app


@pytest.fixture
def make(make_app: MakeApp) -> MakeApp:
    def made(**values: Any) -> Flask:
        values.setdefault("features", {"database": False})
        return add_views(make_app("bare", **values))

    return made


@pytest.fixture
def app(make: MakeApp) -> Flask:
    return make()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/plain", 200),
        ("/gone", 302),
        ("/nothing", 404),
        ("/fault", 500),
        ("/refused", 403),
        ("/stream", 200),
        ("/unchanged", 304),
        ("/static/nothing.css", 404),
        ("/_demijohn/demijohn.css", 200),
    ],
)
def test_every_answer_carries_them_once(app: Flask, path: str, status: int) -> None:
    with app.test_client().get(path, headers={"If-None-Match": '"same"'}) as answer:
        assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.getlist(name) == [value]
    assert answer.headers.getlist("Content-Security-Policy") == [POLICY]
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_options_head_and_refused_methods_carry_them_too(app: Flask) -> None:
    client = app.test_client()

    for answer in (client.head("/plain"), client.options("/plain"), client.put("/plain"), client.post("/plain")):
        assert answer.headers["Content-Security-Policy"] == POLICY


def test_a_page_that_asks_gets_one_nonce_and_the_next_page_another(app: Flask) -> None:
    first, second = (app.test_client().get("/nonce") for _ in range(2))

    words = first.text.split()
    assert words[0] == words[1]
    assert first.headers["Content-Security-Policy"].count(f"'nonce-{words[0]}'") == 2
    assert words[0] not in second.text
    assert re.fullmatch(r"[\w-]{22}", words[0])


def test_a_page_kept_by_the_browser_keeps_its_own_nonce(app: Flask) -> None:
    answer = app.test_client().get("/unchanged?nonce", headers={"If-None-Match": '"same"'})

    assert answer.status_code == 304
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_one_view_can_be_opened_and_no_other(app: Flask) -> None:
    client = app.test_client()
    policy = client.get("/map").headers["Content-Security-Policy"]

    assert re.search(r"script-src 'self' https://maps.example https://tiles.example 'nonce-", policy)
    assert "frame-src 'self' https://maps.example" in policy
    assert "maps.example" not in client.get("/plain").headers["Content-Security-Policy"]


def test_what_is_added_takes_the_place_of_none(app: Flask) -> None:
    policy = app.test_client().get("/framed").headers["Content-Security-Policy"]

    assert "frame-ancestors https://portal.example;" in policy


def test_a_views_own_header_wins(app: Flask) -> None:
    answer = app.test_client().get("/own")

    assert answer.headers.getlist("Content-Security-Policy") == ["default-src 'none'"]
    assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]


@pytest.mark.parametrize(
    "sources",
    [{"script-src": "https://a"}, {"scripts": "https://a"}, {"script_src": "a; img-src *"}, {"img_src": "a,b"}],
)
def test_a_mistaken_decorator_is_refused_where_it_is_written(sources: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is not a (directive|source)"):
        csp(**sources)


def test_settings_add_sources(make: MakeApp) -> None:
    app = make(security={"csp": {"script_src": "https://cdn.example", "font_src": ["https://a.example", "data:"]}})

    policy = app.test_client().get("/plain").headers["Content-Security-Policy"]

    assert "script-src 'self' https://cdn.example;" in policy
    assert "font-src 'self' https://a.example data:;" in policy


def test_a_variable_adds_sources(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SECURITY__CSP__IMG_SRC", "https://images.example")
    app = add_views(make_app("bare", features={"database": False}))

    assert (
        "img-src 'self' data: https://images.example"
        in app.test_client().get("/plain").headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("word", ["'unsafe-inline'", "'unsafe-eval'", "'UNSAFE-INLINE'"])
def test_switching_the_protection_off_needs_its_own_setting(word: str) -> None:
    with pytest.raises(SetupError, match="csp_allow_unsafe=true"):
        Settings(environment="testing", secret_key="k" * 40, security={"csp": {"script_src": word}})
    allowed = Settings(
        environment="testing", secret_key="k" * 40, security={"csp": {"script_src": word}, "csp_allow_unsafe": True}
    )
    assert allowed.security.csp.script_src == word


@pytest.mark.parametrize("source", ["https://a; script-src *", "https://a\r\nX: y", "https://a,https://b", "é"])
def test_a_source_cannot_end_its_directive(source: str) -> None:
    with pytest.raises((SetupError, ValueError)):
        Settings(environment="testing", secret_key="k" * 40, security={"csp": {"img_src": source}})
    assert build_policy([{"img_src": "https://a"}], None).count(";") == POLICY.count(";")


def test_settings_and_policy_know_the_same_directives() -> None:
    assert set(CspSettings.model_fields) == set(DIRECTIVES)


@pytest.mark.parametrize(
    ("environment", "scheme", "seconds", "expected"),
    [
        ("production", "https", 31_536_000, "max-age=31536000"),
        ("production", "http", 31_536_000, None),
        ("production", "https", 0, None),
        ("testing", "https", 31_536_000, None),
    ],
)
def test_browsers_are_told_to_insist_on_tls_in_production(
    make: MakeApp, environment: str, scheme: str, seconds: int, expected: str | None
) -> None:
    app = make(environment=environment, public_url="https://shop.example", security={"hsts_seconds": seconds})

    answer = app.test_client().get("/plain", base_url=f"{scheme}://shop.example")

    assert answer.headers.get("Strict-Transport-Security") == expected


def test_two_applications_in_one_process_have_their_own_policy(make: MakeApp) -> None:
    open_one = make(security={"csp": {"img_src": "https://images.example"}})
    closed = make()

    assert "images.example" in open_one.test_client().get("/plain").headers["Content-Security-Policy"]
    assert closed.test_client().get("/plain").headers["Content-Security-Policy"] == POLICY
