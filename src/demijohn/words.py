"""Our texts in the language of the request, through gettext: one look-up for pages, forms, messages and the dashboard.

Needs no library: the language is `g.locale`, or what Flask-Babel says where an application has started it. A project's
own `translations/<language>/LC_MESSAGES/demijohn.mo` comes before ours.
"""

import gettext as library
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_app_context

DOMAIN = "demijohn"
OURS = Path(__file__).parent / "translations"
ORIGINAL = "en"
"""What the texts are written in."""

KEY = "demijohn.words"

Source = tuple[str, str]
"""The name of a catalogue and the folder of its languages."""


def add_words(app: Flask) -> None:
    """Offer the texts of an application to its templates and to `gettext`."""
    app.extensions[KEY] = ((DOMAIN, str(Path(app.root_path) / "translations")), (DOMAIN, str(OURS)))
    app.jinja_env.globals.update(WORDS)


def add_sources(app: Flask, first: tuple[Source, ...], last: tuple[Source, ...]) -> None:
    """Ask further catalogues: some before those known so far, some after."""
    app.extensions[KEY] = (*first, *app.extensions[KEY], *last)


def language() -> str:
    """The language of this request, as `de` or `pt_BR`; English outside one."""
    if not has_app_context():
        return ORIGINAL
    said = g.get("locale")
    if said is None and "babel" in current_app.extensions:
        said = import_module("flask_babel").get_locale()
    return str(said or ORIGINAL).replace("-", "_")


@cache
def catalogue(sources: tuple[Source, ...], tongue: str) -> library.NullTranslations:
    """The texts of one language: what a source does not know, the next one says."""
    found = library.NullTranslations()
    for domain, folder in reversed(sources):
        one = library.translation(domain, folder, [tongue], fallback=True)
        one.add_fallback(found)
        found = one
    return found


def gettext(text: str, **variables: Any) -> str:
    """The text in the language of the request, with what it names filled in."""
    tongue = language()
    said = text if tongue == ORIGINAL or not text else catalogue(sources(), tongue).gettext(text)
    return said % variables if variables else said


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    tongue = language()
    if tongue == ORIGINAL:
        said = singular if num == 1 else plural
    else:
        said = catalogue(sources(), tongue).ngettext(singular, plural, num)
    return said % {"num": num, **variables}


def sources() -> tuple[Source, ...]:
    """Where this application's texts are, the strongest first."""
    found: tuple[Source, ...] = current_app.extensions.get(KEY, ())
    return found


class LazyText:
    """A text that is looked up when it is shown: for labels and messages that stand in a class."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return gettext(self.text)

    def __repr__(self) -> str:
        return repr(self.text)

    def __mod__(self, values: Any) -> str:
        said: str = str(self) % values
        return said

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)


def lazy_gettext(text: str) -> Any:
    """The text as a label or message of a form class, said in the language of whoever sees it."""
    return LazyText(text)


WORDS: dict[str, Any] = {"_gettext": gettext, "_ngettext": ngettext}
"""What templates call."""
