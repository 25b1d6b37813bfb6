"""Forged requests, over http and https, against views of the application and of the framework."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.testing import FlaskClient
from flask_login import login_user, logout_user
from flask_wtf.csrf import CSRFError
from werkzeug.test import TestResponse

from demijohn import db
from demijohn.auth.models import user_class
from demijohn.checks import run_checks
from demijohn.security.csrf import csrf

MakeApp = Callable[..., Flask]
SITES = {"http": "http://shop.example", "https": "https://shop.example"}
hooks = Blueprint("hooks", __name__)


@hooks.post("/hooks/listed")
@csrf.exempt
def listed() -> str:
    return "listed"


@hooks.post("/hooks/unlisted")
@csrf.exempt
def unlisted() -> str:
    return "unlisted"


@hooks.post("/hooks/unmarked")
def unmarked() -> str:
    return "unmarked"


def add_views(app: Flask) -> Flask:
    app.add_url_rule("/form", "form", view_func=lambda: render_template_string("{{ csrf_token() }}"))
    app.add_url_rule(
        "/change", "change", view_func=lambda: "changed", methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    app.register_blueprint(hooks)
    return app


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return add_views(make_app(security={"trusted_hosts": ["shop.example"], "csrf_exempt": ["hooks.listed"]}))


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> str:
    return SITES[request.param]


def token_of(client: FlaskClient, site: str) -> str:
    return client.get("/form", base_url=site).text


def send(client: FlaskClient, site: str, token: str | None, method: str = "POST", **headers: str) -> TestResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    data = {} if token is None else {"csrf_token": token}
    return client.open("/change", method=method, base_url=site, data=data, headers=names)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_form_with_its_token_passes_and_without_is_refused(app: Flask, site: str, method: str) -> None:
    client = app.test_client()
    token = token_of(client, site)

    assert send(client, site, token, method).text == "changed"
    assert send(client, site, None, method).status_code == 400
    assert send(client, site, "", method).status_code == 400


def test_a_referer_is_not_asked_for(app: Flask) -> None:
    client = app.test_client()

    assert send(client, SITES["https"], token_of(client, SITES["https"])).status_code == 200


@pytest.mark.parametrize("name", ["X-CSRFToken", "X-CSRF-Token"])
def test_json_carries_the_token_in_a_header(app: Flask, site: str, name: str) -> None:
    client = app.test_client()
    token = token_of(client, site)

    assert client.post("/change", json={"a": 1}, base_url=site, headers={name: token}).status_code == 200
    assert client.post("/change", json={"a": 1, "csrf_token": token}, base_url=site).status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_no_kind_of_body_gets_round_it(app: Flask, site: str, kind: str) -> None:
    client = app.test_client()
    token_of(client, site)

    assert client.post("/change", data=b"{}", content_type=kind, base_url=site).status_code == 400


@pytest.mark.parametrize("change", ["reverse", "cut", "other session", "nonsense", "unsigned"])
def test_no_other_token_will_do(app: Flask, site: str, change: str) -> None:
    client, other = app.test_client(), app.test_client()
    token = token_of(client, site)
    wrong = {
        "reverse": token[::-1],
        "cut": token[:-1],
        "other session": token_of(other, site),
        "nonsense": "é\u0000x",
        "unsigned": token.split(".")[0],
    }[change]

    assert send(client, site, wrong).status_code == 400


def test_a_token_without_its_session_is_refused(app: Flask, site: str) -> None:
    token = token_of(app.test_client(), site)

    assert send(app.test_client(), site, token).status_code == 400


HERE: list[dict[str, str]] = [
    {},
    {"Origin": "{site}"},
    {"Origin": "{site}", "Sec_Fetch_Site": "same-origin"},
    {"Sec_Fetch_Site": "same-origin"},
    {"Sec_Fetch_Site": "none"},
    {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
    {"Referer": "https://evil.example/"},
]
ELSEWHERE: list[dict[str, str]] = [
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
    {"Origin": "null", "Sec_Fetch_Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"},
    {"Origin": "{scheme}://www.shop.example"},
    {"Origin": "{scheme}://shop.example.evil.example"},
    {"Origin": "{scheme}://shop.example:8443"},
    {"Origin": "{other}://shop.example"},
    {"Origin": "{site}/"},
    {"Origin": "{site} https://evil.example"},
    {"Origin": "file://"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Origin": "{site}", "Sec_Fetch_Site": "cross-site"},
    {"Origin": "{site}", "Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "something new"},
]


def filled(headers: dict[str, str], site: str) -> dict[str, str]:
    scheme = site.partition(":")[0]
    values = {"site": site, "scheme": scheme, "other": "http" if scheme == "https" else "https"}
    return {name: value.format(**values) for name, value in headers.items()}


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_what_comes_from_our_own_pages_passes(app: Flask, site: str, headers: dict[str, str]) -> None:
    client = app.test_client()

    assert send(client, site, token_of(client, site), **filled(headers, site)).status_code == 200


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_what_comes_from_elsewhere_is_refused_even_with_the_token(
    app: Flask, site: str, headers: dict[str, str]
) -> None:
    client = app.test_client()

    assert send(client, site, token_of(client, site), **filled(headers, site)).status_code == 400


def test_a_proxy_that_ends_tls_without_saying_so_does_not_break_forms(make_app: MakeApp) -> None:
    app = add_views(make_app(public_url="https://shop.example"))
    client = app.test_client()
    token = token_of(client, SITES["http"])

    assert send(client, SITES["http"], token, Origin="https://shop.example").status_code == 200
    assert send(client, SITES["http"], token, Origin="https://evil.example").status_code == 400


def test_reading_is_never_refused(app: Flask, site: str) -> None:
    answer = app.test_client().get("/change", base_url=site, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 200


def test_the_refusal_says_what_to_do(app: Flask, site: str) -> None:
    page = send(app.test_client(), site, None)
    foreign_client = app.test_client()
    foreign = send(foreign_client, site, token_of(foreign_client, site), Origin="https://evil.example")

    assert "reload the page" in page.text
    assert "another site" in foreign.text
    assert "evil" not in foreign.text


def test_a_project_can_answer_refusals_itself(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def own(error: CSRFError) -> tuple[str, int]:
        return "ours", 400

    assert send(app.test_client(), SITES["http"], None).text == "ours"


@pytest.mark.parametrize(
    ("path", "status"), [("/hooks/listed", 200), ("/hooks/unlisted", 400), ("/hooks/unmarked", 400)]
)
def test_only_what_is_marked_and_listed_is_exempt(app: Flask, path: str, status: int) -> None:
    assert app.test_client().post(path).status_code == status


def test_being_listed_alone_exempts_nothing(make_app: MakeApp) -> None:
    app = add_views(make_app(security={"csrf_exempt": ["change", "hooks.unmarked"]}))

    assert app.test_client().post("/change").status_code == 400
    assert app.test_client().post("/hooks/unmarked").status_code == 400


def test_the_unlisted_is_named_by_the_check_and_once_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    found = [problem for problem in run_checks(app) if problem.id == "security.W001"]
    assert [problem.fix for problem in found] == ["FLASK_SECURITY__CSRF_EXEMPT=hooks.listed,hooks.unlisted"]

    for _ in range(2):
        app.test_client().post("/hooks/unlisted")
    assert len([r for r in caplog.records if "hooks.unlisted" in r.message]) == 1


def test_two_applications_in_one_process_list_their_own(make_app: MakeApp) -> None:
    strict = make_app(security={"csrf_exempt": []})
    loose = make_app(security={"csrf_exempt": ["hooks"]})
    for app in (strict, loose):
        app.register_blueprint(hooks)

    assert strict.test_client().post("/hooks/listed").status_code == 400
    assert loose.test_client().post("/hooks/listed").status_code == 200


@pytest.mark.parametrize("features", [{}, {"sessions": False}], ids=["table", "cookie"])
def test_an_older_key_verifies_the_forms_it_signed(make_app: MakeApp, tmp_path: Any, features: dict[str, bool]) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    old, new = "o" * 20 + "-old-secret-key-1234567", "n" * 20 + "-new-secret-key-1234567"
    before = add_views(make_app(secret_key=old, database={"url": url}, features=features))
    after = add_views(make_app(secret_key=new, secret_key_fallbacks=[old], database={"url": url}, features=features))
    gone = add_views(make_app(secret_key=new, database={"url": url}, features=features))
    client = before.test_client()
    token = token_of(client, "http://localhost")
    cookie = client.get_cookie(before.config["SESSION_COOKIE_NAME"])
    assert cookie is not None

    answers = []
    for app in (after, gone):
        rotated = app.test_client()
        rotated.set_cookie(cookie.key, cookie.value)
        answers.append(send(rotated, "http://localhost", token).status_code)

    assert answers == [200, 400]


def test_a_token_lives_as_long_as_the_session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    client = app.test_client()
    token = token_of(client, SITES["http"])
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 10 * 3600)

    assert send(client, SITES["http"], token).status_code == 200


@pytest.mark.parametrize("features", [{}, {"sessions": False}], ids=["table", "cookie"])
def test_a_token_from_before_sign_in_is_refused_after_it_and_after_sign_out(
    make_app: MakeApp, features: dict[str, bool]
) -> None:
    app = add_views(make_app(features=features))
    app.add_url_rule("/enter", "enter", view_func=lambda: enter(app))
    app.add_url_rule("/leave", "leave", view_func=lambda: str(logout_user()))
    with app.app_context():
        db.session.add(user_class()(email="ada@example.org"))
        db.session.commit()
    client, site = app.test_client(), "http://localhost"
    stranger = token_of(client, site)
    at_sign_in = client.get("/enter", base_url=site).text
    signed_in = token_of(client, site)

    assert send(client, site, stranger).status_code == 400
    assert send(client, site, at_sign_in).status_code == 200
    assert send(client, site, signed_in).status_code == 200
    client.get("/leave", base_url=site)
    assert send(client, site, signed_in).status_code == 400


def enter(app: Flask) -> str:
    """Sign in as any project's own view would, and render a form in the same answer."""
    login_user(db.session.scalars(db.select(user_class())).first())
    return render_template_string("{{ csrf_token() }}")


def test_the_admins_forms_actions_and_deletes_ask_for_a_token(app: Flask, site: str) -> None:
    client = app.test_client()

    for path in ("/admin/customer/new/", "/admin/customer/edit/?id=1", "/admin/customer/delete/", "/auth/login"):
        answer = client.post(path, base_url=site, data={"id": "1"})
        assert answer.status_code == 400, path
        assert "reload the page" in answer.text


def test_a_token_is_only_a_token_in_the_page(app: Flask) -> None:
    assert re.fullmatch(r"[\w.-]+", token_of(app.test_client(), SITES["http"]))
