"""Collect our texts into a `.pot` for each catalogue, bring each language's `.po` up to date, write its `.mo`.

The dashboard has the catalogue `admin`; the account pages, their forms and the error pages have `demijohn`.

Texts are found in templates (`_gettext("…")`, by Jinja's own reader) and in Python (`gettext("…")`, and the names of
the framework's views). A text that is gone is dropped from every language; a new one stands there empty.

Run: python .ci/face/catalogue.py [new language]
"""

import ast
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

import demijohn
from demijohn.auth.view_login import WRONG
from demijohn.errorpages import TEXTS

SOURCE = Path(demijohn.__file__).parent
STAFF = SOURCE / "auth/templates/auth/admin"
SCREENS = [SOURCE / "auth/screens.py", SOURCE / "auth/invitations/screens.py"]
LOOK_UPS = {"gettext", "lazy_gettext"}
NAMED = {
    "AdminView",
    "RightsPage",
    "JobsPage",
    "SearchPage",
    "IndexView",
    "ImportPage",
    "AccountPage",
    "WayIn",
    "LimitsPage",
}


@dataclass(frozen=True)
class Catalogue:
    """Where one catalogue stands, and where its texts are found."""

    name: str
    home: Path
    templates: list[Path]
    python: list[Path]
    always: dict[str, str]


ADMIN = Catalogue(
    name="admin",
    home=SOURCE / "admin/translations",
    templates=[*(SOURCE / "admin/templates").rglob("*.html"), *STAFF.rglob("*.html")],
    python=[
        *SCREENS,
        *(path for folder in ("admin", "mail", "audit") for path in (SOURCE / folder).rglob("*.py")),
    ],
    always={
        "Administration": "contributions.py",
        **dict.fromkeys(("Confirmed at", "Created at", "Id", "Locale", "Time zone"), "auth/models.py"),
    },
)
FRAMEWORK = Catalogue(
    name="demijohn",
    home=SOURCE / "translations",
    templates=[
        *(SOURCE / "templates").rglob("*.html"),
        *(path for path in (SOURCE / "auth/templates").rglob("*.html") if STAFF not in path.parents),
    ],
    python=[path for path in (SOURCE / "auth").rglob("*.py") if path not in SCREENS],
    always={
        **dict.fromkeys((text for pair in TEXTS.values() for text in pair), "errorpages.py"),
        WRONG: "auth/view_login.py",
    },
)
CATALOGUES = (ADMIN, FRAMEWORK)
HEAD = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nLanguage: %s\n"

Texts = dict[str, str]
"""Text -> where it is from (in the .pot), or what it is in the language (in a .po)."""


def texts(catalogue: Catalogue) -> Texts:
    """Every text of a catalogue, with the file it was found in first."""
    found: Texts = dict(catalogue.always)
    for path, text in [*from_templates(catalogue.templates), *from_python(catalogue.python)]:
        found.setdefault(text, path.relative_to(SOURCE).as_posix())
    return dict(sorted(found.items()))


def from_templates(files: list[Path]) -> Iterator[tuple[Path, str]]:
    environment = Environment(autoescape=True)
    for path in sorted(files):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for _, _, said in extract_from_ast(tree, ("_gettext",)):
            text = said[0] if isinstance(said, tuple) else said
            if text:
                yield path, text


def from_python(files: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = said_by(node) if isinstance(node, ast.Call) else labels_in(node)
            yield from ((path, text) for text in said)


def labels_in(node: ast.AST) -> Iterator[str]:
    """Labels of columns: said in `column_labels`, or made of the names that an `AdminView` lists."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "column_labels" and isinstance(value, ast.Dict):
                yield from (one.value for one in value.values if isinstance(one, ast.Constant))
    if isinstance(node, ast.keyword) and node.arg in {"columns", "form_columns"} and isinstance(node.value, ast.Tuple):
        names = (one.value for one in node.value.elts if isinstance(one, ast.Constant))
        yield from (name[:1].upper() + name[1:].replace("_", " ") for name in names)


def said_by(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    nodes = call.args[:1] if name in LOOK_UPS else []
    if name in NAMED:
        nodes = [word.value for word in call.keywords if word.arg in {"name", "category", "label"}]
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def unquoted(text: str) -> str:
    return str(ast.literal_eval(text))


def read(path: Path) -> Texts:
    """The pairs of a `.po` that this script wrote: one line each."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pairs = pairwise(lines)
    found = {
        unquoted(one[6:]): unquoted(two[7:])
        for one, two in pairs
        if one.startswith("msgid ") and two.startswith("msgstr ")
    }
    return {text: said for text, said in found.items() if text}


def po(language: str, said: Texts, places: Texts) -> str:
    entries = [f'msgid ""\nmsgstr {quoted(HEAD % language)}\n']
    entries += [f"#: {places[text]}\nmsgid {quoted(text)}\nmsgstr {quoted(said.get(text, ''))}\n" for text in places]
    return "\n".join(entries)


def mo(language: str, said: Texts) -> bytes:
    """The binary form that gettext reads (GNU gettext manual, "The Format of GNU MO Files")."""
    pairs = sorted((text.encode(), word.encode()) for text, word in {"": HEAD % language, **said}.items() if word)
    offset = 7 * 4 + 16 * len(pairs)
    tables: list[list[tuple[int, int]]] = [[], []]
    body = b""
    for side in (0, 1):
        for pair in pairs:
            tables[side].append((len(pair[side]), offset + len(body)))
            body += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(struct.pack("<2I", *entry) for table in tables for entry in table) + body


def languages(catalogue: Catalogue) -> list[str]:
    return sorted(path.parts[-3] for path in catalogue.home.glob("*/LC_MESSAGES/*.po"))


def files(new: str | None = None) -> dict[Path, bytes]:
    """What every file should hold now."""
    found: dict[Path, bytes] = {}
    for catalogue in CATALOGUES:
        found |= files_of(catalogue, new)
    return found


def files_of(catalogue: Catalogue, new: str | None) -> dict[Path, bytes]:
    name, places = catalogue.name, texts(catalogue)
    found = {catalogue.home / f"{name}.pot": po("", {}, places).encode()}
    for language in sorted({*languages(catalogue), *([new] if new else [])}):
        folder = catalogue.home / language / "LC_MESSAGES"
        said = {text: word for text, word in read(folder / f"{name}.po").items() if text in places}
        found |= {
            folder / f"{name}.po": po(language, said, places).encode(),
            folder / f"{name}.mo": mo(language, said),
        }
    return found


if __name__ == "__main__":
    for path, content in files(*sys.argv[1:2]).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
