"""Sign-in by whom a proxy names: believed from the configured addresses only, attacked from everywhere else."""

import html
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request
from setup_faults import Mending
from tests.auth.visitor import PASSWORD, Visitor, change_user, find, make_user
from tests.conftest import MakeApp
from werkzeug.test import TestResponse

from demijohn import SetupError, db
from demijohn.auth.models import Role, user_class

PROXY, STRANGER = "10.0.0.5", "203.0.113.9"
HEADER = {"source": "header", "networks": ["10.0.0.0/28"]}


class Behind(Visitor):
    """A person behind the proxy, which names them in each request."""

    def __init__(self, app: Flask, named: str | None = None, *, peer: str = PROXY, **more: str) -> None:
        super().__init__(app, peer)
        self.headers = {"X-Forwarded-For": "198.51.100.7", **more}
        if named is not None:
            self.headers["Remote-User"] = named

    def get(self, path: str, **options: Any) -> TestResponse:
        return super().get(path, headers={**self.headers, **options.pop("headers", {})}, **options)

    def post(self, path: str, fields: Any = None, **options: Any) -> TestResponse:
        return super().post(path, fields, headers=self.headers, **options)

    def come(self, path: str = "/auth/account") -> TestResponse:
        """Open a page, and follow to the sign-in page and back."""
        answer = self.get(path)
        for _ in range(3):
            if answer.status_code != 302:
                break
            answer = self.get(answer.location)
        return answer


@pytest.fixture
def make_site(make_app: MakeApp) -> Any:
    def make(**values: Any) -> Flask:
        site = make_app(auth={"remote_user": {**HEADER, **values}}, security={"proxies": 1})
        site.add_url_rule("/seen", "seen", lambda: request.headers.get("Remote-User", "nothing"))
        return site

    return make


def words(answer: TestResponse) -> str:
    return html.unescape(answer.text.partition("<h1>")[2].partition("</h1>")[0])


def test_whom_the_proxy_names_gets_in_and_to_the_page_they_wanted(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    ada = Behind(site, "Ada@Example.com")

    answer = ada.come("/auth/account/sessions")

    assert answer.request.path == "/auth/account/sessions"
    with site.app_context():
        from demijohn.audit.models import AuditEntry

        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "auth.sign_in")).one()
        assert entry.changes["door"] == [None, "remote"]


@pytest.mark.parametrize("peer", [STRANGER, "10.0.0.99", "::1", "", "10.0.0.5.evil"])
def test_a_header_of_anybody_else_is_thrown_away(make_site: Any, peer: str) -> None:
    site = make_site()
    make_user(site, is_superuser=True)
    attacker = Behind(site, "ada@example.com", peer=peer)

    assert attacker.get("/seen").text == "nothing"
    assert attacker.come().request.path == "/auth/login"
    assert not attacker.is_signed_in()


def test_a_forwarded_address_makes_nobody_a_proxy(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    attacker = Behind(site, "ada@example.com", peer=STRANGER, **{"X-Forwarded-For": PROXY, "Forwarded": f"for={PROXY}"})

    assert attacker.get("/seen").text == "nothing"
    attacker.come()
    assert not attacker.is_signed_in()


def test_a_proxy_written_as_ipv6_is_the_same(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    ada = Behind(site, "ada@example.com", peer="::ffff:10.0.0.5")

    ada.come()

    assert ada.is_signed_in()


@pytest.mark.parametrize(
    "named",
    ["root@example.com,ada@example.com", "ada@example.com\tx", "a" * 300, "\xff\xfe", "no address", " , ", "ada@"],
    ids=["twice", "tab", "long", "no text", "no address", "commas", "half"],
)
def test_what_names_nobody_or_two_people_opens_nothing(make_site: Any, named: str) -> None:
    site = make_site(provision=True)
    make_user(site)
    visitor = Behind(site, named)

    answer = visitor.come()

    assert (answer.status_code, words(answer)) == (403, "There is no account for you here")
    assert not visitor.is_signed_in()


def test_the_same_header_twice_is_believed_in_neither_spelling(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    client = site.test_client()
    twice = [("Remote-User", "ada@example.com"), ("Remote_User", "root@example.com")]

    answer = client.get("/auth/login", headers=twice, environ_base={"REMOTE_ADDR": PROXY})

    assert answer.status_code == 403


def test_another_name_ends_the_session(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    make_user(site, "bob@example.com")
    visitor = Behind(site, "ada@example.com")
    visitor.come()
    visitor.headers["Remote-User"] = "bob@example.com"

    assert visitor.get("/auth/account").status_code == 302
    assert "bob@example.com" in visitor.come().text
    visitor.headers["Remote-User"] = "ada@example.com"
    assert visitor.get("/auth/account").status_code == 302, "the first session came back to life"


@pytest.mark.parametrize(("ends", "status"), [(True, 302), (False, 200)])
def test_no_name_ends_the_session_where_the_settings_say_so(make_site: Any, ends: bool, status: int) -> None:
    site = make_site(ends_without=ends)
    make_user(site)
    visitor = Behind(site, "ada@example.com")
    visitor.come()
    del visitor.headers["Remote-User"]

    assert visitor.get("/auth/account").status_code == status


def test_a_disabled_account_stays_out(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    ada = Behind(site, "ada@example.com")
    ada.come()
    change_user(site, is_active=False)

    answer = ada.come()

    assert (answer.status_code, words(answer)) == (403, "Your account is disabled")


def test_accounts_are_made_where_the_settings_say_so(make_site: Any) -> None:
    site = make_site(
        provision=True,
        allowed_domains=["example.com"],
        email_domain="example.com",
        name_header="Remote-Name",
        groups_header="Remote-Groups",
        roles={"Sales": "seller"},
        default_roles=["guest"],
    )
    with site.app_context():
        db.session.add_all([Role(name="seller"), Role(name="guest")])
        db.session.commit()
    ada = Behind(site, "ada", **{"Remote-Name": "Ada Łovelace".encode().decode("latin-1"), "Remote-Groups": "A,Sales"})
    other = Behind(site, "eve@evil.example")

    ada.come()
    other.come()

    with site.app_context():
        assert [user.email for user in db.session.scalars(sa.select(user_class()))] == ["ada@example.com"]
        user = find("ada@example.com")
        assert (user.name, {role.name for role in user.roles}) == ("Ada Łovelace", {"guest", "seller"})
    ada.post("/auth/logout", page="/auth/account")
    ada.headers["Remote-Groups"] = "A"
    ada.come()
    with site.app_context():
        assert [role.name for role in find("ada@example.com").roles] == ["guest"]


def test_signing_out_does_not_sign_in_again_by_itself(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    ada = Behind(site, "ada@example.com")
    ada.come()

    answer = ada.post("/auth/logout", page="/auth/account")

    assert words(answer) == "You are signed out"
    assert ada.get("/auth/account").status_code == 302
    assert "<form" in ada.get("/auth/login?by=password").text


def test_signing_out_leads_to_the_proxy_s_own_page(make_site: Any) -> None:
    site = make_site(sign_out_url="https://sso.example.com/sign_out")
    make_user(site)
    ada = Behind(site, "ada@example.com")
    ada.come()

    answer = ada.post("/auth/logout", page="/auth/account")

    assert 'content="0; url=https://sso.example.com/sign_out"' in answer.text


def test_a_password_still_opens_beside_it(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    visitor = Behind(site)

    visitor.post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})

    assert visitor.is_signed_in()


def test_the_server_s_variable_is_believed_and_a_header_like_it_is_not(make_app: MakeApp) -> None:
    site = make_app(auth={"remote_user": {"source": "variable"}})
    make_user(site)
    spoofed, named = Visitor(site), Visitor(site)
    named.environ["REMOTE_USER"] = "ada@example.com"

    spoofed.get("/auth/login", headers={"Remote-User": "ada@example.com", "REMOTE_USER": "ada@example.com"})
    named.get("/auth/login")

    assert not spoofed.is_signed_in()
    assert named.is_signed_in()


def test_a_program_gets_its_session_at_the_sign_in_address(make_site: Any) -> None:
    site = make_site()
    make_user(site)
    program = Behind(site, "ada@example.com", Accept="application/json")

    assert program.get("/auth/account").status_code == 401
    assert program.get("/auth/login").json.keys() == {"next"}
    assert program.is_signed_in()


def test_a_stranger_s_page_costs_no_session(make_site: Any) -> None:
    answer = Behind(make_site(), "ada@example.com").get("/seen")

    assert "Set-Cookie" not in answer.headers


SOURCE = {"FLASK_AUTH__REMOTE_USER__SOURCE": "header"}


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize(
    "variables",
    [
        pytest.param(
            {**SOURCE, "FLASK_SECURITY__PROXIES": "1"},
            marks=pytest.mark.mends("auth/remote_user/gate.py:start"),
            id="no networks",
        ),
        pytest.param(
            {**SOURCE, "FLASK_AUTH__REMOTE_USER__NETWORKS": "10.0.0.5"},
            marks=pytest.mark.mends("auth/remote_user/gate.py:start[2]"),
            id="no proxies",
        ),
    ],
)
def test_a_header_that_anybody_could_send_is_a_set_up_error(
    mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    for name, value in mending.refused(make_app).variables().items():
        monkeypatch.setenv(name, value)

    mending.started(make_app)


@pytest.mark.parametrize(
    "values",
    [
        {"networks": ["10.0.0.0/33"]},
        {"header": "X_User"},
        {"header": "Cookie"},
        {"sign_out_url": "javascript:alert(1)"},
    ],
)
def test_settings_that_make_no_sense_are_refused(make_app: MakeApp, values: dict[str, Any]) -> None:
    with pytest.raises(SetupError, match=r"auth\.remote_user\."):
        make_app(auth={"remote_user": {**HEADER, **values}}, security={"proxies": 1})
