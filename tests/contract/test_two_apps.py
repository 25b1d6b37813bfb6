"""Two applications in one process, different in features, settings, models and database, asked in turns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, render_template
from gallery import Donor
from shop import Customer

from demijohn import current_settings, current_user, db
from demijohn.audit.models import AuditEntry
from demijohn.auth.models import user_class
from demijohn.mail import send_mail
from demijohn.mail.inbox import messages
from demijohn.security.csrf import csrf
from demijohn.security.throttle import Limit, hit
from demijohn.testing_client import Client, sign_in

MakeApp = Callable[..., Flask]
THREE_AN_HOUR = Limit("test.two_apps", times=3, per_seconds=3600)


def hook() -> str:
    return "taken"


def who() -> str:
    return current_user.email if current_user.is_authenticated else "nobody"


csrf.exempt(hook)


@pytest.fixture
def shop(make_app: MakeApp, tmp_path: Path) -> Flask:
    """A dashboard, no mail; lets a program post to `hook` without a token."""
    return extended(
        make_app("shop", features={"mail": False}, name="The Shop", security={"csrf_exempt": ["hook"]}),
        tmp_path / "shop",
    )


@pytest.fixture
def gallery(make_app: MakeApp, tmp_path: Path) -> Flask:
    """Mail, no dashboard and no audit log; the same view is there, and protected."""
    return extended(
        make_app("gallery", features={"admin": False, "audit": False}, name="The Gallery"), tmp_path / "gallery"
    )


def extended(app: Flask, templates: Path) -> Flask:
    """The application with a page and two views of its own."""
    templates.mkdir()
    (templates / "greeting.html").write_text(f"Welcome to {app.name}: {{{{ app_name }}}}")
    app.template_folder = str(templates)
    app.add_url_rule("/hook", view_func=hook, methods=["POST"])
    app.add_url_rule("/who", view_func=who)
    return app


def client_of(app: Flask) -> Client:
    return Client(app, app.response_class)


def tables(app: Flask) -> set[str]:
    with app.app_context():
        return set(sa.inspect(db.engine).get_table_names())


def test_each_has_the_tables_of_its_own_models_and_batteries(shop: Flask, gallery: Flask) -> None:
    assert {"customer", "order", "audit_entry", "user"} <= tables(shop)
    assert {"gallery_donor", "gallery_work_technique", "outgoing_mail", "user"} <= tables(gallery)
    assert tables(shop).isdisjoint({"gallery_donor", "gallery_work_technique", "outgoing_mail"})
    assert tables(gallery).isdisjoint({"customer", "order", "audit_entry"})


def test_rows_of_one_are_not_in_the_other(shop: Flask, gallery: Flask) -> None:
    for app, record in ((shop, Customer(name="Ada", email="ada@example.com")), (gallery, Donor(name="Grace"))):
        with app.app_context():
            db.session.add(record)
            db.session.commit()
    with shop.app_context():
        db.session.add(user_class()(email="ada@example.com"))
        db.session.commit()
        with gallery.app_context():
            assert db.session.query(user_class()).count() == 0
            assert db.session.query(Donor).count() == 1
        assert db.session.query(user_class()).count() == 1


def test_each_has_the_routes_and_menu_of_its_own_features(shop: Flask, gallery: Flask) -> None:
    administrator, curator = client_of(shop), client_of(gallery)
    sign_in(administrator, "root@example.com", superuser=True)
    sign_in(curator, "root@example.com", superuser=True)

    for _ in range(2):
        menu = administrator.get("/admin/").text
        assert (curator.get("/admin/").status_code, curator.get("/admin/gallery_donor/").status_code) == (404, 404)
        assert 'href="/admin/customer/"' in menu
        assert "donor" not in menu.lower()
        assert "outgoing" not in menu.lower()
    assert "admin" in shop.extensions
    assert "admin" not in gallery.extensions
    assert "mail" not in shop.extensions
    assert ("mail" in shop.cli.commands, "mail" in gallery.cli.commands) == (False, True)
    assert ("audit" in shop.cli.commands, "audit" in gallery.cli.commands) == (True, False)


def test_two_dashboards_show_their_own_models(shop: Flask, make_app: MakeApp) -> None:
    other = make_app("gallery")
    ours, theirs = client_of(shop), client_of(other)
    sign_in(ours, "root@example.com", superuser=True)
    sign_in(theirs, "root@example.com", superuser=True)

    seen = [(client.get("/admin/customer/").status_code, client.get("/admin/gallery_donor/").status_code)
            for client in (ours, theirs, ours)]  # fmt: skip

    assert seen == [(200, 404), (404, 200), (200, 404)]


def test_a_session_of_one_opens_nothing_in_the_other(shop: Flask, gallery: Flask) -> None:
    ours, theirs = client_of(shop), client_of(gallery)
    sign_in(ours, "ada@example.com")
    sign_in(theirs, "grace@example.com")

    seen = [client.get("/who").text for client in (ours, theirs, ours, theirs)]
    cookie = ours.get_cookie("session")
    assert cookie is not None
    theirs.set_cookie("session", cookie.value)

    assert seen == ["ada@example.com", "grace@example.com", "ada@example.com", "grace@example.com"]
    assert (theirs.get("/who").text, ours.get("/who").text) == ("nobody", "ada@example.com")


def test_each_reads_its_own_settings_and_templates(shop: Flask, gallery: Flask) -> None:
    with shop.app_context():
        first = (current_settings.name, render_template("greeting.html"))
        with gallery.app_context():
            second = (current_settings.name, render_template("greeting.html"))
        again = (current_settings.name, render_template("greeting.html"))

    assert first == again == ("The Shop", "Welcome to shop: The Shop")
    assert second == ("The Gallery", "Welcome to gallery: The Gallery")
    assert "The Shop" in client_of(shop).get("/auth/login").text
    assert "The Shop" not in client_of(gallery).get("/auth/login").text


def test_a_throttle_used_up_in_one_is_whole_in_the_other(shop: Flask, gallery: Flask) -> None:
    verdicts = [(hit(THREE_AN_HOUR, "key", shop).allowed, hit(THREE_AN_HOUR, "other", gallery).allowed)
                for _ in range(4)]  # fmt: skip

    assert verdicts[-1] == (False, False)
    assert hit(THREE_AN_HOUR, "other", shop).allowed
    assert hit(THREE_AN_HOUR, "key", gallery).allowed


def test_a_view_exempt_from_csrf_in_one_is_protected_in_the_other(shop: Flask, gallery: Flask) -> None:
    ours, theirs = client_of(shop), client_of(gallery)

    seen = [client.post("/hook", csrf=False).status_code for client in (ours, theirs, ours, theirs)]

    assert seen == [200, 400, 200, 400]


def test_only_the_application_with_an_audit_log_keeps_one(shop: Flask, gallery: Flask) -> None:
    with shop.app_context():
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        with gallery.app_context():
            db.session.add(Donor(name="Grace"))
            db.session.commit()
        db.session.commit()

        assert db.session.scalars(sa.select(AuditEntry.table)).all() == ["customer"]


def test_mail_waits_in_the_outbox_of_the_application_that_wrote_it(gallery: Flask, make_app: MakeApp) -> None:
    other = make_app("shop")
    with gallery.app_context():
        send_mail("grace@example.com", subject="Thank you", text="For the painting.")
        with other.app_context():
            send_mail("ada@example.com", subject="Your order", text="Is on its way.")
            db.session.commit()
        db.session.commit()

    assert [message.subject for message in messages(gallery)] == ["Thank you"]
    assert [message.subject for message in messages(other)] == ["Your order"]


def test_making_a_second_application_changes_nothing_in_the_first(shop: Flask, make_app: MakeApp) -> None:
    def facts(app: Flask) -> dict[str, Any]:
        return {
            "routes": sorted(str(rule) for rule in app.url_map.iter_rules()),
            "commands": sorted(app.cli.commands),
            "extensions": {name: id(extension) for name, extension in app.extensions.items()},
            "config": {key: repr(value) for key, value in app.config.items()},
            "globals": sorted(app.jinja_env.globals),
        }

    before = facts(shop)
    make_app("gallery", name="The Gallery", secret_key="another-key-for-tests-0123456789-abcdefghij")

    assert facts(shop) == before
