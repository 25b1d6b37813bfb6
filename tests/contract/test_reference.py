"""The reference is a contract: what code offers has its place there, and what stands there runs."""

import dataclasses
import re
from pathlib import Path

import click
import pytest
from flask import Flask

import demijohn
from demijohn import Battery
from demijohn.catalogue import BUNDLED, NEEDS
from demijohn.state import state_of

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_field_of_a_battery_has_its_heading() -> None:
    headings = set(re.findall(r"^### `(\w+)`", page("batteries.md"), re.MULTILINE))

    assert headings == {field.name for field in dataclasses.fields(Battery)}


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_battery_stands_in_the_table_with_its_needs(name: str) -> None:
    row = re.search(rf"^\| {name} \|.*\| (.*?) ?\|$", page("batteries.md"), re.MULTILINE)

    assert row is not None
    assert row[1] == ", ".join(NEEDS.get(name, ()))


def test_every_public_name_of_the_top_package_has_its_heading() -> None:
    headings = set(re.findall(r"^### `(\w+)`", page("names.md"), re.MULTILINE))

    assert headings >= set(demijohn.__all__)


def commands_of(group: click.Group, path: str) -> list[str]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        found += (
            commands_of(command, f"{path} {name}") if isinstance(command, click.Group) else [f"{path} {name}".strip()]
        )
    return found


def test_every_command_of_a_battery_has_its_heading(app: Flask) -> None:
    headings = set(
        re.findall(r"^### `(?:flask|demijohn) ([a-z -]+?)(?: [^a-z`][^`]*)?`", page("commands.md"), re.MULTILINE)
    )
    groups = [command for _, command in state_of(app).contributed("commands")]

    missing = {
        name for group in groups if isinstance(group, click.Group) for name in commands_of(group, str(group.name))
    } - headings

    assert missing == set()


def test_every_template_block_and_macro_has_its_place() -> None:
    templates = Path(demijohn.__file__).parent / "templates" / "demijohn"
    blocks = set(re.findall(r"{%-? block (\w+)", (templates / "base.html").read_text()))
    macros = set(re.findall(r"{%-? macro (\w+)", (templates / "macros.html").read_text()))

    text = page("templates.md")

    assert {name for name in blocks | {m for m in macros if not m.startswith("_")} if f"`{name}" not in text} == set()


def test_every_attribute_that_a_model_view_adds_stands_in_the_reference() -> None:
    from demijohn.admin import ModelView

    told = set(re.findall(r"^ {8}(\w+): ", str(ModelView.__doc__), re.MULTILINE))
    table = page("admin.md").partition("## Attributes of ModelView")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == told
    assert all(hasattr(ModelView, name) for name in told)
