"""Signing in through a provider over HTTP: who gets in, as whom, and with which rights."""

import html
from typing import Any

import pytest
import sqlalchemy as sa
from tests.auth.oidc.conftest import Traveller
from tests.auth.oidc.fake_provider import FakeProvider
from tests.auth.visitor import change_user, find, make_user
from werkzeug.test import TestResponse

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.models import Role, user_class
from demijohn.auth.oidc.models import Identity

pytestmark = pytest.mark.usefixtures("fake")


def roles_of(app: Any, email: str = "ada@example.com") -> list[str]:
    with app.app_context():
        return [role.name for role in find(email).roles]


def make_roles(app: Any, *names: str) -> None:
    with app.app_context():
        db.session.add_all([Role(name=name) for name in names])
        db.session.commit()


def words(answer: TestResponse) -> str:
    return html.unescape(answer.text.partition("<h1>")[2].partition("</h1>")[0])


def test_the_first_sign_in_makes_an_account_where_the_settings_say_so(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True, allowed_domains=["example.com"])
    ada = Traveller(site)

    answer = ada.travel(fake)

    assert answer.status_code == 302
    assert ada.is_signed_in()
    with site.app_context():
        user = find("ada@example.com")
        identity = db.session.scalars(sa.select(Identity)).one()
        assert (user.name, user.password_hash, user.is_superuser) == ("Ada Lovelace", None, False)
        assert user.confirmed_at is not None
        assert (identity.issuer, identity.subject, identity.user_id) == (fake.issuer, "248289761001", user.id)
        actions = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert {"auth.user_created", "auth.identity_connected", "auth.sign_in"} <= actions


def test_the_second_sign_in_finds_the_account_by_issuer_and_subject_alone(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    Traveller(site).travel(fake)
    fake.person |= {"email": "ada.king@elsewhere.example", "name": "Ada King"}

    again = Traveller(site)
    again.travel(fake)

    assert again.is_signed_in()
    with site.app_context():
        assert [user.email for user in db.session.scalars(sa.select(user_class()))] == ["ada@example.com"]


def test_the_page_that_was_wanted_is_reached(make_site: Any, fake: FakeProvider) -> None:
    ada = Traveller(make_site(provision=True))

    answer = ada.come_back(fake.grant(ada.leave(next="/auth/account/password")))

    assert answer.location == "/auth/account/password"


def test_a_page_elsewhere_is_not(make_site: Any, fake: FakeProvider) -> None:
    ada = Traveller(make_site(provision=True))

    answer = ada.come_back(fake.grant(ada.leave(next="https://evil.example/")))

    assert "evil" not in (answer.location or "")


@pytest.mark.parametrize(
    ("settings", "person", "why"),
    [
        ({}, {}, "There is no account for you here"),
        ({"provision": True, "allowed_domains": ["example.org"]}, {}, "There is no account for you here"),
        ({"provision": True}, {"email_verified": False}, "Your address is not confirmed"),
        ({"provision": True}, {"email_verified": None}, "Your address is not confirmed"),
        ({"provision": True}, {"email": None}, "Your address is not confirmed"),
        ({"provision": True}, {"email": "no address"}, "Your address is not confirmed"),
        (
            {"provision": True, "emails_are_verified": True},
            {"email_verified": False},
            "Your address is not confirmed",
        ),
        (
            {"provision": True, "allowed_domains": ["example.com"]},
            {"email": "ada@sub.example.com"},
            "There is no account for you here",
        ),
    ],
    ids=["no provisioning", "domain", "unverified", "not said", "no address", "odd address", "said no", "subdomain"],
)
def test_nobody_gets_an_account_who_should_not(
    make_site: Any, fake: FakeProvider, settings: dict[str, Any], person: dict[str, Any], why: str
) -> None:
    fake.claims = person
    site = make_site(**settings)
    stranger = Traveller(site)

    answer = stranger.travel(fake)

    assert (answer.status_code, words(answer)) == (403, why)
    assert not stranger.is_signed_in()
    with site.app_context():
        assert db.session.scalars(sa.select(user_class())).all() == []


def test_an_account_with_the_same_address_is_not_taken_over(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    make_user(site)
    stranger = Traveller(site)

    answer = stranger.travel(fake)

    assert (answer.status_code, words(answer)) == (409, "You have an account here already")
    assert "Connected accounts" in answer.text
    assert not stranger.is_signed_in()


def test_whoever_did_not_prove_the_address_learns_nothing_of_accounts(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True, link_by_email=True)
    make_user(site)
    fake.person["email_verified"] = False

    known = Traveller(site).travel(fake)
    fake.person["email"] = "nobody@example.com"
    unknown = Traveller(site).travel(fake)

    assert (known.status_code, words(known)) == (unknown.status_code, words(unknown)) == (403, words(known))


def test_a_verified_address_connects_only_where_the_settings_say_so(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(link_by_email=True)
    user_id = make_user(site)
    change_user(site, confirmed_at=sa.func.now())
    ada = Traveller(site)

    ada.travel(fake)

    assert ada.is_signed_in()
    with site.app_context():
        assert db.session.scalars(sa.select(Identity.user_id)).all() == [user_id]
        assert "auth.identity_connected" in set(db.session.scalars(sa.select(AuditEntry.action)))


def test_an_account_made_by_somebody_who_never_confirmed_the_address_is_not_connected(
    make_site: Any, fake: FakeProvider
) -> None:
    site = make_site(link_by_email=True)
    make_user(site)  # somebody registered the victim's address, and waits

    answer = Traveller(site).travel(fake)

    assert words(answer) == "You have an account here already"


def test_a_disabled_account_stays_out(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    Traveller(site).travel(fake)
    change_user(site, is_active=False)
    ada = Traveller(site)

    answer = ada.travel(fake)

    assert (answer.status_code, words(answer)) == (403, "Your account is disabled")
    assert not ada.is_signed_in()


def test_roles_follow_the_groups_and_others_stay(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True, default_roles=["guest"], roles={"Sales": "seller", "Heads": ["boss", "seller"]})
    make_roles(site, "seller", "boss", "guest")
    fake.person["groups"] = ["Heads", "Others"]

    ada = Traveller(site)
    ada.travel(fake)
    assert roles_of(site) == ["boss", "guest", "seller"]

    fake.person["groups"] = ["Sales"]
    Traveller(site).travel(fake)
    assert roles_of(site) == ["guest", "seller"]
    assert not ada.is_signed_in(), "a role was taken, and the older session lives"

    del fake.person["groups"]
    Traveller(site).travel(fake)
    assert roles_of(site) == ["guest"]


def test_groups_can_be_deep_inside_a_claim_or_in_what_is_asked_after_it(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True, roles_claim="realm_access.roles", roles={"Sales": "seller"})
    make_roles(site, "seller")
    fake.userinfo = {"realm_access": {"roles": ["Sales"]}}

    Traveller(site).travel(fake)

    assert roles_of(site) == ["seller"]


def test_a_role_that_does_not_exist_gives_nothing_and_is_logged(
    make_site: Any, fake: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site(provision=True, roles={"Sales": "seler"})
    fake.person["groups"] = ["Sales"]

    ada = Traveller(site)
    ada.travel(fake)

    assert ada.is_signed_in()
    assert roles_of(site) == []
    assert "flask role create seler" in caplog.text


def test_nobody_becomes_a_superuser_by_a_group_unless_the_settings_name_it(make_site: Any, fake: FakeProvider) -> None:
    fake.person["groups"] = ["Admins"]
    plain = make_site(provision=True)
    Traveller(plain).travel(fake)
    named = make_site(provision=True, superuser_groups=["Admins"])
    Traveller(named).travel(fake)

    for site, expected in ((plain, False), (named, True)):
        with site.app_context():
            assert find("ada@example.com").is_superuser is expected


def test_the_last_superuser_stays_one_though_the_group_is_gone(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True, superuser_groups=["Admins"])
    fake.person["groups"] = ["Admins"]
    Traveller(site).travel(fake)
    fake.person["groups"] = []

    ada = Traveller(site)
    ada.travel(fake)
    assert ada.is_signed_in()
    with site.app_context():
        assert find("ada@example.com").is_superuser
    make_user(site, "root@example.com", is_superuser=True)
    Traveller(site).travel(fake)

    with site.app_context():
        assert not find("ada@example.com").is_superuser
    assert not ada.is_signed_in()


def test_the_sign_in_page_asks_nobody(make_site: Any, fake: FakeProvider) -> None:
    page = Traveller(make_site()).get("/auth/login")

    assert "Sign in with Main Street" in page.text
    assert fake.asked == []


def test_a_program_is_told_the_address(make_site: Any, fake: FakeProvider) -> None:
    ada = Traveller(make_site(provision=True))

    answer = ada.post_json("/auth/login/oidc/main", {})
    back = ada.come_back(fake.grant(answer.json["next"]), headers={"Accept": "application/json"})

    assert back.status_code == 200
    assert set(back.json) == {"next"}
    assert ada.is_signed_in()


def test_a_link_from_elsewhere_shows_the_button_and_begins_nothing(make_site: Any, fake: FakeProvider) -> None:
    visitor = Traveller(make_site())

    page = visitor.get("/auth/login/oidc/main?next=/auth/account")

    assert "Go on at Main Street" in page.text
    assert fake.asked == []
    assert visitor.client.post("/auth/login/oidc/main").status_code == 400


def test_an_unknown_provider_is_not_there(make_site: Any) -> None:
    visitor = Traveller(make_site())

    assert visitor.get("/auth/login/oidc/other").status_code == 404
    assert visitor.get("/auth/callback/other?code=1&state=1").status_code == 404
