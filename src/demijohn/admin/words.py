"""The dashboard's texts in the language of the request: its catalogue, and Flask-Admin's, join those of the framework.

A project's own `translations/<language>/LC_MESSAGES/admin.mo` comes first, then ours, then Flask-Admin's.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import flask_admin
from flask import Flask, current_app, has_app_context
from flask_admin import babel as stock

from demijohn.words import WORDS, add_sources, gettext, ngettext

__all__ = ["WORDS", "gettext", "ngettext", "speak"]

DOMAIN = "admin"
OURS = Path(__file__).parent / "translations"
THEIRS = Path(flask_admin.__file__).parent / "translations"


def speak(app: Flask) -> None:
    """Add the dashboard's catalogues, and keep Flask-Admin's gettext from failing."""
    own = app.extensions["admin"][0].translations_path
    projects = [*([str(own)] if own else []), str(Path(app.root_path) / "translations")]
    add_sources(
        app,
        first=tuple((DOMAIN, folder) for folder in projects),
        last=tuple((DOMAIN, str(folder)) for folder in (OURS, THEIRS)),
    )
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
