"""The dashboard's texts in the language of the request, through gettext.

Needs no library: the language is `g.locale`, or what Flask-Babel says where an application has started it. A project's
own `translations/<language>/LC_MESSAGES/admin.mo` comes first, then ours, then Flask-Admin's.
"""

import gettext as library
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import flask_admin
from flask import Flask, current_app, g, has_app_context
from flask_admin import babel as stock

DOMAIN = "admin"
OURS = Path(__file__).parent / "translations"
THEIRS = Path(flask_admin.__file__).parent / "translations"
ORIGINAL = "en"
"""What the texts are written in."""


def language() -> str:
    """The language of this request, as `de` or `pt_BR`; English outside one."""
    if not has_app_context():
        return ORIGINAL
    said = g.get("locale")
    if said is None and "babel" in current_app.extensions:
        said = import_module("flask_babel").get_locale()
    return str(said or ORIGINAL).replace("-", "_")


@cache
def catalogue(folders: tuple[str, ...], tongue: str) -> library.NullTranslations:
    """The texts of one language: what a folder does not know, the next one says."""
    found = library.NullTranslations()
    for folder in reversed(folders):
        one = library.translation(DOMAIN, folder, [tongue], fallback=True)
        one.add_fallback(found)
        found = one
    return found


def folders() -> tuple[str, ...]:
    """Where this application's texts are, the strongest first."""
    own = current_app.extensions["admin"][0].translations_path
    return (*([str(own)] if own else []), str(Path(current_app.root_path) / "translations"), str(OURS), str(THEIRS))


def gettext(text: str, **variables: Any) -> str:
    """The text in the language of the request, with what it names filled in."""
    tongue = language()
    said = text if tongue == ORIGINAL or not text else catalogue(folders(), tongue).gettext(text)
    return said % variables if variables else said


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    tongue = language()
    if tongue == ORIGINAL:
        said = singular if num == 1 else plural
    else:
        said = catalogue(folders(), tongue).ngettext(singular, plural, num)
    return said % {"num": num, **variables}


WORDS: dict[str, Any] = {"_gettext": gettext, "_ngettext": ngettext}
"""What templates call."""


def speak(app: Flask) -> None:
    """Offer our gettext to templates, and keep Flask-Admin's from failing."""
    app.jinja_env.globals.update(WORDS)
    for name in ("domain", "wtforms_domain"):
        domain: Any = getattr(stock, name, None)
        if domain is not None and "get_translations" not in vars(domain):
            domain.get_translations = shielded(domain.get_translations)


def shielded(own: Callable[[], Any]) -> Callable[[], Any]:
    """Flask-Babel's look-up, which fails (its 4.0) where it is installed and the application did not start it."""

    def get_translations() -> Any:
        if has_app_context() and "babel" not in current_app.extensions:
            return import_module("babel.support").NullTranslations()
        return own()

    return get_translations
