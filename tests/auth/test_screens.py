"""The users and roles screens of the dashboard: no door around the rules."""

import re
from typing import Any

import pytest
from flask import Flask
from tests.auth.visitor import PASSWORD, Visitor, find, make_user
from tests.conftest import MakeApp

from demijohn import can, current_user, db
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.models import Role
from demijohn.mail.inbox import messages


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost")
    make_user(app, "boss@example.com", is_superuser=True)
    return app


def signed_in(site: Flask, email: str = "boss@example.com") -> Visitor:
    visitor = Visitor(site)
    assert visitor.sign_in(email).status_code == 302
    return visitor


def clerk(site: Flask, *permissions: str) -> Visitor:
    """Somebody who may edit accounts but is no superuser."""
    with site.app_context():
        db.session.add(Role(name="clerk", permissions={"user.view", "user.edit", "user.create", *permissions}))
        db.session.commit()
    make_user(site, "clerk@example.com", roles=["clerk"])
    return signed_in(site, "clerk@example.com")


def save(visitor: Visitor, page: str, **fields: Any) -> Any:
    """Send a record's form as the page shows it, with these fields changed; None takes a field out."""
    html = visitor.get(page).text
    shown = {name: value for name, value in inputs(html) if name not in {"search", "_add_another", "_continue_editing"}}
    data = {name: value for name, value in {**shown, **fields}.items() if value is not None}
    return visitor.client.post(page, data=data, environ_base=visitor.environ)


def inputs(html: str) -> list[tuple[str, str]]:
    found = []
    for tag in re.findall(r"<input\b[^>]*>", html):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = given.get("type") == "checkbox"
        if "name" in given and (not is_box or re.search(r"\bchecked\b", tag)):
            found.append((given["name"], given.get("value", "y" if is_box else "")))
    return found


def test_a_user_made_in_the_dashboard_is_mailed_a_link_to_set_a_password(site: Flask) -> None:
    answer = save(signed_in(site), "/admin/user/new/", email="Ada@Example.com", name="Ada", is_active="y")

    assert answer.status_code == 302, answer.text
    with site.app_context():
        assert find("ada@example.com").password_hash is None
        mail = messages(site, to="ada@example.com")[-1]
    found = re.search(r"http://localhost(/auth/reset/\S+)", mail.text)
    assert found
    ada = Visitor(site)
    ada.get(found[1])
    ada.post("/auth/reset/", {"new_password": PASSWORD, "password_confirm": PASSWORD})
    assert Visitor(site).sign_in().status_code == 302


@pytest.mark.parametrize("email", ["no address", "a\0@b.c", "", "BOSS@example.com"])
def test_a_bad_or_taken_address_is_said_at_the_form(site: Flask, email: str) -> None:
    answer = save(signed_in(site), "/admin/user/new/", email=email)

    assert answer.status_code == 422


@pytest.mark.parametrize("fields", [{"is_superuser": None}, {"is_active": None}], ids=["demote", "disable"])
def test_the_last_superuser_stays_in_the_dashboard_too(site: Flask, fields: dict[str, None]) -> None:
    answer = save(signed_in(site), "/admin/user/edit/?id=1", **fields)

    assert answer.status_code == 422
    assert "last active superuser" in answer.text


def test_the_last_superuser_cannot_be_deleted_in_the_dashboard(site: Flask) -> None:
    visitor = signed_in(site)
    page = visitor.get("/admin/user/delete/?id=1")
    if page.status_code != 200:
        page = visitor.get("/admin/user/")
    fields = {**dict(inputs(page.text)), "id": "1"}
    visitor.client.post("/admin/user/delete/", data=fields, environ_base=visitor.environ)

    with site.app_context():
        assert find("boss@example.com").is_active


def test_a_clerk_makes_no_superuser(site: Flask) -> None:
    make_user(site)
    visitor = clerk(site)

    created = save(visitor, "/admin/user/new/", email="mine@example.com", is_superuser="y", is_active="y")
    edited = save(visitor, "/admin/user/edit/?id=2", is_superuser="y")

    assert (created.status_code, edited.status_code) == (422, 422)
    with site.app_context():
        assert not find("ada@example.com").is_superuser


@pytest.mark.parametrize("how", ["superuser", "role"])
def test_nobody_raises_themselves_even_if_a_flush_came_first(site: Flask, how: str) -> None:
    @site.post("/raise")
    def raise_myself() -> str:
        me = find("clerk@example.com")
        assert can(current_user, "user.edit")
        if how == "superuser":
            me.is_superuser = True
        else:
            me.roles = [Role(name="strong", permissions={"order.delete"})]
        db.session.flush()
        refuse_overreach(current_user, me)
        return "raised"

    visitor = clerk(site)

    with pytest.raises(Refused):
        visitor.post("/raise", page="/auth/account")


def test_a_clerk_takes_over_no_superuser(site: Flask) -> None:
    answer = save(clerk(site), "/admin/user/edit/?id=1", email="mine@example.com")

    assert answer.status_code == 422
    with site.app_context():
        assert find("boss@example.com").id == 1


def test_a_clerk_gives_no_role_that_is_stronger(site: Flask) -> None:
    make_user(site)
    with site.app_context():
        db.session.add(Role(name="strong", permissions={"order.delete"}))
        db.session.commit()
        role_id = db.session.query(Role).filter_by(name="strong").one().id

    answer = save(clerk(site), "/admin/user/edit/?id=2", roles=str(role_id))

    assert answer.status_code == 422
    with site.app_context():
        assert find("ada@example.com").roles == []


def test_a_clerk_puts_no_right_into_a_role_that_they_lack(site: Flask) -> None:
    visitor = clerk(site, "role.view", "role.edit", "role.create")

    refused = save(visitor, "/admin/role/new/", name="mine", permissions=["order.delete"])
    allowed = save(visitor, "/admin/role/new/", name="fine", permissions=["user.view"])

    assert (refused.status_code, allowed.status_code) == (422, 302)
    with site.app_context():
        assert [role.name for role in db.session.query(Role).order_by(Role.name)] == ["clerk", "fine"]


def test_no_screen_shows_a_hash_or_a_stamp(site: Flask) -> None:
    visitor = signed_in(site)
    with site.app_context():
        stamp = find("boss@example.com").security_stamp
    pages = [visitor.get(page).text for page in ("/admin/user/", "/admin/user/edit/?id=1", "/admin/user/details/?id=1")]
    pages.append(visitor.get("/admin/user/export/csv/").text)

    assert not any("argon2" in page or stamp in page for page in pages)
