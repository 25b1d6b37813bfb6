"""Collect the dashboard's texts into `admin.pot`, bring each language's `admin.po` up to date, write its `admin.mo`.

Texts are found in templates (`_gettext("…")`, by Jinja's own reader) and in Python (`gettext("…")`, and the names of
the framework's views). A text that is gone is dropped from every language; a new one stands there empty.

Run: python .ci/face/catalogue.py [new language]
"""

import ast
import struct
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

import demijohn

SOURCE = Path(demijohn.__file__).parent
HOME = SOURCE / "admin/translations"
TEMPLATES = [SOURCE / "admin/templates", SOURCE / "auth/templates/auth/admin"]
PYTHON = [
    SOURCE / "admin",
    SOURCE / "auth/screens.py",
    SOURCE / "auth/invitations/screens.py",
    SOURCE / "mail",
    SOURCE / "audit",
]
NAMED = {"AdminView", "RightsPage", "JobsPage", "SearchPage", "IndexView", "ImportPage"}
ALWAYS = {
    "Administration": "contributions.py",
    **dict.fromkeys(("Confirmed at", "Created at", "Id", "Locale", "Time zone"), "auth/models.py"),
}
HEAD = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nLanguage: %s\n"

Texts = dict[str, str]
"""Text -> where it is from (in the .pot), or what it is in the language (in a .po)."""


def texts() -> Texts:
    """Every text, with the file it was found in first."""
    found: Texts = dict(ALWAYS)
    for path, text in [*from_templates(), *from_python()]:
        found.setdefault(text, path.relative_to(SOURCE).as_posix())
    return dict(sorted(found.items()))


def from_templates() -> Iterator[tuple[Path, str]]:
    environment = Environment(autoescape=True)
    for path in sorted(path for folder in TEMPLATES for path in folder.rglob("*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for _, _, said in extract_from_ast(tree, ("_gettext",)):
            text = said[0] if isinstance(said, tuple) else said
            if text:
                yield path, text


def from_python() -> Iterator[tuple[Path, str]]:
    files = [path for place in PYTHON for path in ([place] if place.suffix else place.rglob("*.py"))]
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
    nodes = call.args[:1] if name == "gettext" else []
    if name in NAMED:
        nodes = [word.value for word in call.keywords if word.arg in {"name", "category"}]
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


def languages() -> list[str]:
    return sorted(path.parts[-3] for path in HOME.glob("*/LC_MESSAGES/admin.po"))


def files(new: str | None = None) -> dict[Path, bytes]:
    """What every file should hold now."""
    places = texts()
    found = {HOME / "admin.pot": po("", {}, places).encode()}
    for language in sorted({*languages(), *([new] if new else [])}):
        folder = HOME / language / "LC_MESSAGES"
        said = {text: word for text, word in read(folder / "admin.po").items() if text in places}
        found |= {folder / "admin.po": po(language, said, places).encode(), folder / "admin.mo": mo(language, said)}
    return found


if __name__ == "__main__":
    for path, content in files(*sys.argv[1:2]).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
