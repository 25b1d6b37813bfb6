"""The dashboard's texts in other languages: whose word counts, what Flask-Babel does and does not change."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g

from demijohn.admin.words import gettext
from demijohn.testing_client import sign_in

MakeApp = Callable[..., Flask]
ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def load_catalogue() -> Any:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / ".ci/face/catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogue = load_catalogue()


@pytest.fixture
def german(make_app: MakeApp) -> Flask:
    app = make_app()

    @app.before_request
    def speak() -> None:
        g.locale = "de-AT"

    return app


def seen(app: Flask, path: str) -> str:
    client = app.test_client()
    sign_in(client, superuser=True)
    return client.get(path).text


def test_pages_speak_the_language_of_the_request(german: Flask) -> None:
    page = seen(german, "/admin/customer/")

    assert '<html lang="de-AT" dir="ltr"' in page
    for text in ("Hier ist noch nichts", "Den ersten anlegen", "Verwaltung", "Personen", "Zum Inhalt springen"):
        assert text in page, text


def test_labels_of_columns_are_translated_in_list_details_and_form(german: Flask) -> None:
    list_page, details, form = (seen(german, f"/admin/user/{path}") for path in ("", "details/?id=1", "new/"))

    assert 'data-label="Letzte Anmeldung"' in list_page
    assert "<dt>Zeitzone</dt>" in details
    assert ">Darf alles</label>" in form


def test_what_python_says_is_translated_too(german: Flask) -> None:
    client = german.test_client()
    sign_in(client, superuser=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/admin/customer/new/").text)[0]

    client.post("/admin/customer/new/", data={"csrf_token": token, "name": "Ada", "email": "ada@example.com"})
    page = client.get("/admin/customer/").text

    assert "Der Datensatz ist angelegt." in page


def test_words_of_the_project_come_first(make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vineyard.py").touch()
    folder = tmp_path / "translations" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "admin.mo").write_bytes(catalogue.mo("de", {"Sign out": "Tschüs", "Vintages": "Jahrgänge"}))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "vineyard", raising=False)
    app = make_app("vineyard")

    with app.test_request_context():
        g.locale = "de"
        said = [gettext(text) for text in ("Sign out", "Vintages", "Your account", "No such text")]

    assert said == ["Tschüs", "Jahrgänge", "Ihr Konto", "No such text"]


@pytest.mark.parametrize("locale", [None, "en", "en_GB", "xx", "../../etc", "de\0"])
def test_other_languages_get_the_original(app: Flask, locale: str | None) -> None:
    with app.test_request_context():
        g.locale = locale

        assert gettext("Type at least %(count)d letters of a name, a number or an address.", count=3).startswith("Type")


def test_a_name_in_a_translated_text_stays_text(german: Flask) -> None:
    with german.test_request_context():
        g.locale = "de"
        template = german.jinja_env.from_string("{{ _gettext('What %(who)s did', who=name) }}")

        assert template.render(name="<b>100 %s</b>") == "Was &lt;b&gt;100 %s&lt;/b&gt; getan hat"


def test_catalogue_has_every_text() -> None:
    stale = [path.name for path, content in catalogue.files().items() if path.read_bytes() != content]

    assert stale == [], "run: python .ci/face/catalogue.py"


TRANSLATIONS = [(book, language) for book in catalogue.CATALOGUES for language in catalogue.languages(book)]


@pytest.mark.parametrize(("book", "language"), TRANSLATIONS, ids=[f"{book.name}-{one}" for book, one in TRANSLATIONS])
def test_translation_fills_in_what_the_text_does(book: Any, language: str) -> None:
    said = catalogue.read(book.home / language / f"LC_MESSAGES/{book.name}.po")

    done = {text: word for text, word in said.items() if word}
    wrong = {text for text, word in done.items() if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(word))}
    assert wrong == set()
    assert len(done) > 150


def test_german_of_the_account_pages_lacks_no_text() -> None:
    said = catalogue.read(catalogue.FRAMEWORK.home / "de/LC_MESSAGES/demijohn.po")

    assert [text for text, word in said.items() if not word] == []


BABEL = '''
class Domain:
    """What matters of Flask-Babel 4.0 where nobody started it: every look-up fails."""

    def __init__(self, *arguments, **options):
        pass

    def get_translations(self):
        from flask import current_app

        return current_app.extensions["babel"]

    def gettext(self, text, **variables):
        said = self.get_translations().ugettext(text)
        return said % variables if variables else said

    def ngettext(self, one, many, num, **variables):
        return self.gettext(one if num == 1 else many)

    def lazy_gettext(self, text, **variables):
        return text
'''
SUPPORT = """
class NullTranslations:
    def ugettext(self, text):
        return text

    def ungettext(self, one, many, num):
        return one if num == 1 else many
"""
PROGRAM = """
import json, re
from demijohn import Settings, create_app, db
from demijohn.testing_client import sign_in

import shop

app = create_app("shop", Settings(
    environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij", database={"url": "sqlite:///babel.db"}
))
with app.app_context():
    db.create_all()
client = app.test_client()
sign_in(client, superuser=True)
pages = ["/admin/", "/admin/customer/", "/admin/customer/new/", "/admin/order/new/", "/admin/user/"]
answers = [client.get(page) for page in pages]
token = re.findall(r'name="csrf_token" value="([^"]+)"', answers[2].text)[0]
wrong = client.post("/admin/customer/new/", data={"csrf_token": token, "name": ""})
said = "This field is required." in wrong.text
print(json.dumps([*(answer.status_code for answer in answers), wrong.status_code, said]))
"""


def test_flask_babel_that_nobody_started_breaks_no_page(tmp_path: Path) -> None:
    for path, code in {"flask_babel/__init__.py": BABEL, "babel/__init__.py": "", "babel/support.py": SUPPORT}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(code)
    paths = f"{tmp_path}:{ROOT / 'tests/sample'}"

    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, check=False, cwd=tmp_path, env={"PYTHONPATH": paths}, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == [200, 200, 200, 200, 200, 422, True]
