"""Our templates keep the names that Flask-Admin's documentation gives: blocks to override, macros to call."""

import re
from pathlib import Path

import flask_admin
import pytest

import demijohn

THEIRS = Path(flask_admin.__file__).parent / "templates/bootstrap4"
OURS = Path(demijohn.__file__).parent / "admin/templates"
TEMPLATES = sorted(path.relative_to(THEIRS).as_posix() for path in THEIRS.rglob("*.html"))


def blocks(text: str) -> set[str]:
    return set(re.findall(r"{%-?\s*block\s+(\w+)", text))


def macros(text: str) -> dict[str, list[str]]:
    """Name -> the names of its parameters, in order."""
    found = re.findall(r"{%-?\s*macro\s+(\w+)\(([^)]*)\)", text)
    return {name: [part.split("=")[0].strip() for part in given.split(",") if part.strip()] for name, given in found}


def test_every_template_is_replaced() -> None:
    assert [name for name in TEMPLATES if not (OURS / name).is_file()] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_every_block_of_theirs(name: str) -> None:
    assert blocks((THEIRS / name).read_text()) <= blocks((OURS / name).read_text())


@pytest.mark.parametrize("name", TEMPLATES)
def test_macro_takes_what_theirs_takes_in_the_same_order(name: str) -> None:
    ours = macros((OURS / name).read_text())

    for macro, parameters in macros((THEIRS / name).read_text()).items():
        assert ours.get(macro, ())[: len(parameters)] == parameters, macro


@pytest.mark.parametrize("path", sorted(OURS.rglob("*.html")), ids=lambda path: path.relative_to(OURS).as_posix())
def test_no_template_writes_script_style_or_handlers_inline(path: Path) -> None:
    text = path.read_text()

    assert re.findall(r"\son\w+=|\sstyle=|javascript:|<style", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text) == []
