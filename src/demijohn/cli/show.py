"""`flask settings`: every setting, its value and who said it; secrets masked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask.cli import NoAppException

from demijohn.cli.loading import folder_beside, leave, load_application
from demijohn.configuration.fields import MASK, Setting, shown
from demijohn.configuration.reading import Reading, read
from demijohn.settings import Settings


@dataclass(frozen=True)
class Row:
    """One setting as it is shown."""

    setting: Setting
    text: str
    origin: str

    @property
    def is_said(self) -> bool:
        return self.origin != "default"


def run(ctx: click.Context, *, origin: bool, as_env: bool, as_json: bool) -> None:
    """Exit 0, or 2 after showing what was said if the application cannot be loaded."""
    fault: NoAppException | None = None
    try:
        settings: Settings = load_application(ctx).extensions["demijohn"].settings
        rows = list(rows_of(settings))
    except NoAppException as error:
        fault = error
        rows = list(rows_read(read(Settings, {}, folder_beside(ctx) or Path.cwd())))
    if as_json:
        click.echo(json.dumps([as_object(row) for row in rows], indent=2))
    elif as_env:
        click.echo("\n".join(env_lines(rows)))
    else:
        show(rows, origin=origin)
    if fault is not None:
        leave(ctx, fault)


def rows_of(settings: Settings) -> Iterator[Row]:
    for setting, value in settings.listed():
        yield Row(setting, shown(setting, value), settings.origin(setting.path))


def rows_read(reading: Reading) -> Iterator[Row]:
    """What was said, not validated, for settings that do not make an application."""
    for path, setting in reading.settings.items():
        said = [key for key in reading.origins if key == path or key.startswith(f"{path}.")]
        for key in said:
            one = setting if key == path else setting.item(key.removeprefix(f"{path}."))
            yield Row(one, shown(one, reading.raw[key]), str(reading.origins[key]))
        if not said:
            default = setting.field.get_default(call_default_factory=True)
            yield Row(setting, "" if setting.field.is_required() else shown(setting, default), "default")


def as_object(row: Row) -> dict[str, Any]:
    return {
        "setting": row.setting.path,
        "variable": row.setting.usual_name,
        "value": row.text,
        "origin": row.origin,
        "secret": row.setting.is_secret,
        "description": row.setting.field.description or "",
    }


def show(rows: list[Row], *, origin: bool) -> None:
    width = max(len(row.setting.path) for row in rows)
    values = max(len(row.text) for row in rows)
    for row in rows:
        line = f"{row.setting.path:{width}}  {row.text:{min(values, 40) if origin else 0}}"
        click.echo(f"{line}  {row.origin}" if origin else line.rstrip())


def env_lines(rows: list[Row]) -> Iterator[str]:
    """A `.env` with what was said; a secret is a comment, to be filled in where it is used."""
    for row in rows:
        if row.is_said and row.text == MASK:
            yield f"# {row.setting.usual_name}=  (secret, not shown)"
        elif row.is_said:
            yield f"{row.setting.usual_name}={quoted(row.text)}"


def quoted(text: str) -> str:
    """A value as a `.env` file needs it."""
    plain = text and not any(character in text for character in " \t\n#'\"\\$`")
    return text if plain else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
