"""API tokens over HTTP, attacked."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, jsonify
from tests.auth.visitor import Visitor, change_user, find, make_user
from tests.conftest import MakeApp
from werkzeug.test import TestResponse

from demijohn import can, clock, current_user, db, login_required, permission_required, recent_login_required
from demijohn.audit.models import AuditEntry
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.bearer.rules import checksum, is_well_formed, new_bearer_token
from demijohn.auth.models import Role
from demijohn.mail.inbox import messages
from demijohn.security.secrets import digest_of


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_site(make_app)


def make_site(make_app: MakeApp, **settings: Any) -> Flask:
    app = make_app(**settings)
    add_views(app)
    with app.app_context():
        db.session.add(Role(name="sales", permissions={"customer.view", "customer.edit"}))
        db.session.commit()
    make_user(app, roles=["sales"])
    make_user(app, "boss@example.com", is_superuser=True)
    return app


def add_views(app: Flask) -> None:
    @app.route("/me", methods=["GET", "POST"])
    @login_required
    def me() -> Any:
        asked = ("customer.view", "customer.edit", "customer.delete", "user.edit", "admin.access")
        return jsonify(email=current_user.email, can=[name for name in asked if can(current_user, name)])

    @app.get("/public")
    def public() -> Any:
        return jsonify(signed_in=current_user.is_authenticated)

    @app.post("/edit")
    @permission_required("customer.edit")
    def edit() -> Any:
        return "", 204

    @app.post("/payout")
    @recent_login_required
    def payout() -> Any:
        return "", 204

    @app.post("/unfinished")
    @login_required
    def unfinished() -> Any:
        db.session.add(Role(name="left open"))
        db.session.flush()
        return "", 204


def make_token(visitor: Visitor, **fields: Any) -> str:
    answer = asked(visitor, **fields)
    assert answer.status_code == 201, answer.text
    token: str = answer.get_json()["token"]
    return token


def asked(visitor: Visitor, **fields: Any) -> TestResponse:
    body = {"name": "nightly export", "days": 30, **fields}
    return visitor.post_json("/auth/account/tokens/new", body, page="/auth/account")


def signed_in(site: Flask, email: str = "ada@example.com") -> Visitor:
    visitor = Visitor(site)
    assert visitor.sign_in(email).status_code == 302
    return visitor


def call(site: Flask, token: str, path: str = "/me", method: str = "GET", **options: Any) -> TestResponse:
    options.setdefault("headers", {"Authorization": f"Bearer {token}"})
    return site.test_client().open(path, method=method, **options)


def test_a_token_opens_what_its_owner_may_open_without_cookie_or_csrf_token(site: Flask) -> None:
    token = make_token(signed_in(site), scopes=["customer.view", "customer.edit"])

    answer = call(site, token)
    edited = call(site, token, "/edit", "POST")

    assert answer.get_json()["email"] == "ada@example.com"
    assert answer.get_json()["can"] == ["customer.view", "customer.edit", "admin.access"]
    assert edited.status_code == 204
    assert "Set-Cookie" not in answer.headers


def test_only_the_digest_is_stored_and_the_token_is_shown_once(site: Flask) -> None:
    visitor = signed_in(site)
    token = make_token(visitor)

    with site.app_context():
        record = db.session.scalars(sa.select(ApiToken)).one()
        told = messages(site)[-1]
        log = [str(entry.changes) for entry in db.session.scalars(sa.select(AuditEntry))]
    page = visitor.get("/auth/account/tokens").text

    assert record.digest == digest_of(token)
    assert token not in page
    assert token[:-4] not in page
    assert f"…{token[-4:]}" in page
    assert token not in told.text
    assert "nightly export" in told.text
    assert not any(token in entry or record.digest in entry for entry in log)


@pytest.mark.parametrize("scopes", [[], ["customer.view"]], ids=["none", "one"])
def test_scopes_bound_what_a_token_may_do(site: Flask, scopes: list[str]) -> None:
    token = make_token(signed_in(site), scopes=scopes)

    answer = call(site, token)

    assert answer.get_json()["can"] == [*scopes, "admin.access"][: 2 * len(scopes)]
    assert call(site, token, "/edit", "POST").status_code == 403


def test_a_superusers_token_is_bound_by_its_scopes_too(site: Flask) -> None:
    token = make_token(signed_in(site, "boss@example.com"), scopes=["user.edit", "user.view"])
    page = call(site, token, f"/admin/user/edit/?id={user_id(site)}").text

    promoted = call(
        site,
        token,
        f"/admin/user/edit/?id={user_id(site)}",
        "POST",
        data={**hidden_fields(page), "email": "ada@example.com", "is_active": "y", "is_superuser": "y"},
    )

    assert call(site, token).get_json()["can"] == ["user.edit", "admin.access"]
    assert promoted.status_code != 302
    with site.app_context():
        assert not find("ada@example.com").is_superuser


def user_id(site: Flask) -> int:
    with site.app_context():
        return find("ada@example.com").id


def hidden_fields(html: str) -> dict[str, str]:
    import re

    tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', html)
    pairs = [dict(re.findall(r'(name|value)="([^"]*)"', tag)) for tag in tags]
    return {pair["name"]: pair.get("value", "") for pair in pairs if "name" in pair}


def test_everything_i_may_do_follows_the_owners_rights(site: Flask) -> None:
    token = make_token(signed_in(site), everything=True)
    before = call(site, token).get_json()["can"]
    with site.app_context():
        find("ada@example.com").roles[0].permissions = {"customer.view"}
        db.session.commit()

    after = call(site, token).get_json()["can"]

    assert before == ["customer.view", "customer.edit", "admin.access"]
    assert after == ["customer.view", "admin.access"]


def test_nobody_makes_a_token_with_rights_they_lack(site: Flask) -> None:
    answer = asked(signed_in(site), scopes=["customer.view", "user.edit"])

    assert answer.status_code == 422
    assert "scopes" in answer.get_json()["errors"]
    with site.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 0


def wrong_tokens(site: Flask) -> dict[str, str]:
    visitor = signed_in(site)
    revoked, expired = make_token(visitor, name="revoked"), make_token(visitor, name="expired")
    with site.app_context():
        db.session.execute(sa.delete(ApiToken).where(ApiToken.digest == digest_of(revoked)))
        past = clock.now() - timedelta(seconds=1)
        db.session.execute(sa.update(ApiToken).where(ApiToken.digest == digest_of(expired)).values(expires_at=past))
        db.session.commit()
    return {"revoked": revoked, "expired": expired, "never made": new_bearer_token("dj"), "no token": "x", "none": ""}


def test_a_wrong_token_is_401_with_a_challenge_and_says_nothing_of_why(site: Flask) -> None:
    answers = {name: call(site, token) for name, token in wrong_tokens(site).items()}

    assert {answer.status_code for answer in answers.values()} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {"Bearer error=invalid_token"}
    assert {answer.mimetype for answer in answers.values()} == {"application/problem+json"}
    assert {answer.get_json()["detail"] for answer in answers.values()} == {"The token is wrong, expired or revoked."}


@pytest.mark.parametrize("values", [{"is_active": False}, {"roles": []}], ids=["disabled", "no longer staff"])
def test_a_token_dies_with_what_its_owner_was(site: Flask, values: dict[str, Any]) -> None:
    token = make_token(signed_in(site))

    change_user(site, "ada@example.com", **values)

    assert call(site, token).status_code == 401


def test_the_header_alone_decides_who_is_asking(site: Flask) -> None:
    token = make_token(signed_in(site))
    boss = signed_in(site, "boss@example.com")

    as_token = boss.get("/me", headers={"Authorization": f"Bearer {token}"})
    with_wrong = boss.get("/me", headers={"Authorization": f"Bearer {new_bearer_token('dj')}"})
    forged = boss.client.post("/edit", headers={"Authorization": "Bearer x"}, environ_base=boss.environ)

    assert as_token.get_json()["email"] == "ada@example.com"
    assert with_wrong.status_code == 401
    assert forged.status_code == 401


@pytest.mark.parametrize(
    "options",
    [
        {"query_string": {"access_token": "TOKEN"}},
        {"headers": {"Authorization": "Basic TOKEN"}},
        {"headers": {"Authorization": "TOKEN"}},
        {"headers": {"X-Api-Key": "TOKEN"}},
        {"headers": {"Cookie": "session=TOKEN"}},
    ],
    ids=["address", "basic", "no scheme", "other header", "cookie"],
)
def test_a_token_is_read_from_the_bearer_header_only(site: Flask, options: dict[str, Any]) -> None:
    token = make_token(signed_in(site))
    filled = {name: {k: v.replace("TOKEN", token) for k, v in value.items()} for name, value in options.items()}

    answer = call(site, "", "/public", **{"headers": {}, **filled})

    assert answer.get_json() == {"signed_in": False}


def test_on_the_account_pages_tokens_count_for_nothing(site: Flask) -> None:
    token = make_token(signed_in(site, "boss@example.com"), everything=True)

    page = call(site, token, "/auth/account")
    renamed = call(site, token, "/auth/account", "POST", data={"name": "Eve"})
    another = call(site, token, "/auth/account/tokens/new", "POST", json={"name": "x", "days": 1})

    assert page.status_code == 401
    assert renamed.status_code == another.status_code == 400


def test_a_sensitive_step_needs_a_person(site: Flask) -> None:
    visitor = signed_in(site, "boss@example.com")
    token = make_token(visitor, everything=True)

    answer = call(site, token, "/payout", "POST")
    beside_a_fresh_session = visitor.client.post("/payout", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == beside_a_fresh_session.status_code == 403
    assert "API token" in answer.get_json()["detail"]


def test_making_a_token_asks_for_a_recent_sign_in(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = signed_in(site)
    monkeypatch.setattr(clock, "shift", timedelta(hours=1))

    page = visitor.get("/auth/account/tokens/new")

    assert page.status_code == 302
    assert "confirm-identity" in page.location


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"name": "a\0b"},
        {"name": "x" * 101},
        {"name": "\ud800"},
        {"days": 0},
        {"days": -1},
        {"days": 10**30},
        {"days": "soon"},
        {"days": 367},
        {"scopes": ["order.fly"]},
        {"scopes": "x" * 10_000},
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_is_refused_at_its_field(site: Flask, fields: dict[str, Any]) -> None:
    answer = asked(signed_in(site), **fields)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == list(fields)


def test_one_person_has_so_many_tokens_and_no_more(make_app: MakeApp) -> None:
    visitor = signed_in(make_site(make_app, auth={"tokens": {"most": 2}}))

    answers = [asked(visitor, name=f"token {number}").status_code for number in range(3)]

    assert answers == [201, 201, 422]


def test_somebody_without_any_permission_makes_none(site: Flask) -> None:
    make_user(site, "guest@example.com")
    visitor = signed_in(site, "guest@example.com")

    assert asked(visitor).status_code == 403
    assert "API tokens" not in visitor.get("/auth/account").text


def test_everybody_may_if_the_settings_say_so(make_app: MakeApp) -> None:
    site = make_site(make_app, auth={"tokens": {"allowed": "everybody"}})
    make_user(site, "guest@example.com")

    token = make_token(signed_in(site, "guest@example.com"))

    assert call(site, token).get_json() == {"email": "guest@example.com", "can": []}


def test_switched_off_there_is_no_page_and_no_token_works(make_app: MakeApp) -> None:
    site = make_site(make_app, auth={"tokens": {"allowed": "nobody"}})
    with site.app_context():
        token = new_bearer_token("dj")
        ends = clock.now() + timedelta(days=1)
        boss = find("boss@example.com").id
        db.session.add(ApiToken(user_id=boss, name="old", digest=digest_of(token), ending="aaaa", expires_at=ends))
        db.session.commit()

    assert signed_in(site).get("/auth/account/tokens").status_code == 404
    assert call(site, token).status_code == 401
    assert call(site, token, "/edit", "POST").status_code == 400


def test_revoking_is_at_once_and_for_ones_own_only(site: Flask) -> None:
    visitor, boss = signed_in(site), signed_in(site, "boss@example.com")
    token = make_token(visitor)
    with site.app_context():
        number = db.session.scalars(sa.select(ApiToken.id)).one()
    address = f"/auth/account/tokens/{number}/revoke"

    by_another = boss.post(address, page="/auth/account")
    still = call(site, token).status_code
    by_owner = visitor.post(address, page="/auth/account")

    assert by_another.status_code == by_owner.status_code == 302
    assert still == 200
    assert call(site, token).status_code == 401


def test_an_administrator_sees_and_revokes_everybodys(site: Flask) -> None:
    token = make_token(signed_in(site))
    boss = signed_in(site, "boss@example.com")
    with site.app_context():
        record = db.session.scalars(sa.select(ApiToken)).one()

    page = boss.get("/admin/api_token/").text
    address = f"/admin/api_token/delete/?id={record.id}"
    fields = {**hidden_fields(boss.get(address).text), "id": str(record.id)}
    boss.client.post("/admin/api_token/delete/", data=fields, environ_base=boss.environ)

    assert "nightly export" in page
    assert record.digest not in page
    assert call(site, token).status_code == 401


def test_wrong_tokens_from_one_network_are_limited(make_app: MakeApp) -> None:
    site = make_site(make_app, auth={"tokens": {"failures": 3}})
    good = make_token(signed_in(site))

    answers = [call(site, new_bearer_token("dj")).status_code for _ in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    assert call(site, good).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/unfinished"], ids=["done", "left open"])
def test_the_last_use_is_noted_even_if_a_view_left_its_work_open(
    make_app: MakeApp, database_url: str, path: str
) -> None:
    site = make_site(make_app, database={"url": database_url})
    token = make_token(signed_in(site))

    answer = call(site, token, path, "POST", environ_base={"REMOTE_ADDR": "198.51.100.9"})

    assert answer.status_code < 300
    with site.app_context():
        record = db.session.scalars(sa.select(ApiToken)).one()
        assert record.last_used_at is not None
        assert record.last_address == "198.51.100.9"
        assert db.session.scalar(sa.select(sa.func.count()).where(Role.name == "left open")) == 0


def test_the_log_says_which_token_acted(site: Flask) -> None:
    token = make_token(signed_in(site, "boss@example.com"), everything=True)
    made = {"name": "Grace", "email": "grace@example.com"}

    answer = call(site, token, "/admin/customer/new/", "POST", data=made)

    assert answer.status_code == 302, answer.text
    with site.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "customer")).one()
    assert entry.actor == "boss@example.com (token nightly export)"


def test_tokens_are_known_by_prefix_and_checksum() -> None:
    token = new_bearer_token("acme")

    assert is_well_formed(token, "acme")
    assert not is_well_formed(token, "dj")
    assert not is_well_formed(token[:-1] + ("a" if token[-1] != "a" else "b"), "acme")
    assert not is_well_formed(token.swapcase(), "acme")
    assert not is_well_formed("acme_" + "é" * 49, "acme")
    assert len({new_bearer_token("acme") for _ in range(100)}) == 100
    assert checksum("") == "000000"


def test_the_pages_read_well_to_people(site: Flask) -> None:
    visitor = signed_in(site)
    empty = visitor.get("/auth/account/tokens").text
    answer = visitor.post("/auth/account/tokens/new", {"name": "for <b>me</b>", "days": "7", "everything": "y"})
    listed = visitor.get("/auth/account/tokens").text

    assert "You have no API tokens." in empty
    assert answer.status_code == 200
    assert "only time it is shown" in answer.text
    assert "for &lt;b&gt;me&lt;/b&gt;" in listed
    assert "Everything you may do" in listed


def test_a_form_sent_twice_makes_one_token(site: Flask) -> None:
    visitor = signed_in(site)
    page = visitor.get("/auth/account/tokens/new").text
    data = {**hidden_fields(page), "name": "once", "days": "7", "everything": "y"}

    answers = [visitor.client.post("/auth/account/tokens/new", data=data, environ_base=visitor.environ) for _ in "ab"]

    assert answers[0].status_code == 200
    with site.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 1
