"""Account pages, their forms, messages and error pages in the language of the request."""

import sys
from pathlib import Path

import pytest
from flask import Flask, g, render_template_string, request
from tests.auth.visitor import PASSWORD, Visitor, make_user
from tests.conftest import MakeApp

from demijohn.words import OURS, gettext, lazy_gettext


@pytest.fixture
def german(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app)

    @app.before_request
    def speak() -> None:
        g.locale = request.args.get("in", "de")

    return app


def test_sign_in_page_and_its_form_speak_german(german: Flask) -> None:
    page = Visitor(german).get("/auth/login").text

    for text in (
        '<html lang="de"',
        "<h1>Anmelden</h1>",
        "E-Mail-Adresse",
        "Auf diesem Gerät angemeldet bleiben",
        "Zum Inhalt springen",
    ):
        assert text in page, text
    assert "Sign in" not in page


def test_one_form_class_speaks_the_language_of_each_request(german: Flask) -> None:
    visitor = Visitor(german)

    assert "Passwort" in visitor.get("/auth/login").text
    assert "Keep me signed in on this device" in visitor.get("/auth/login?in=en").text


def test_what_is_wrong_is_said_in_german_to_people_and_to_programs(german: Flask) -> None:
    visitor = Visitor(german)

    empty = visitor.post("/auth/login", {"email": "", "password": ""})
    wrong = visitor.sign_in(password="wrong-horse-battery")
    told = visitor.post_json("/auth/login", {"email": "", "password": ""})

    assert "Geben Sie Ihre E-Mail-Adresse ein." in empty.text
    assert "Bitte prüfen Sie das Formular." in empty.text
    assert "passen zu keinem Konto" in wrong.text
    assert told.get_json()["errors"]["email"] == ["Geben Sie Ihre E-Mail-Adresse ein."]


def test_account_pages_messages_and_password_rules_speak_german(german: Flask) -> None:
    visitor = Visitor(german)
    visitor.sign_in()

    short = {"current_password": PASSWORD, "new_password": "short", "password_confirm": "short"}
    refused = visitor.post("/auth/account/password", short)
    visitor.post("/auth/account", {"name": "Ada"})
    page = visitor.get("/auth/account").text

    assert "das hier hat 5" in refused.text
    for text in ("Ihr Konto", "Ihr Name ist gespeichert.", "Geräte", "Abmelden"):
        assert text in page, text


def test_error_pages_speak_german(german: Flask) -> None:
    page = Visitor(german).get("/nothing-here").text

    assert "Unter dieser Adresse ist nichts" in page
    assert "Fehler 404" in page


def test_markup_in_what_a_translated_text_names_stays_text(german: Flask) -> None:
    with german.test_request_context():
        g.locale = "de"
        said = render_template_string(
            '{{ (_gettext("You are about to sign in as <strong>%(email)s</strong>.")|safe) % {"email": email} }}',
            email="<img src=x>%s",
        )

    assert said == "Sie melden sich gleich als <strong>&lt;img src=x&gt;%s</strong> an."


def test_words_of_the_project_come_before_ours(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cellar.py").touch()
    folder = tmp_path / "translations/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    compiled = OURS / "de/LC_MESSAGES/demijohn.mo"
    (folder / "demijohn.mo").write_bytes(compiled.read_bytes().replace(b"Passwort vergessen?", b"Passwort verlegt ? "))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cellar", raising=False)
    app = make_app("cellar")

    with app.test_request_context():
        g.locale = "de"
        assert gettext("Forgotten your password?") == "Passwort verlegt ? "


def test_lazy_text_outside_an_application_is_the_original() -> None:
    label = lazy_gettext("Sign in")

    assert str(label) == "Sign in"
    assert label == "Sign in"
    assert lazy_gettext("Up to %(max)d") % {"max": 3} == "Up to 3"
