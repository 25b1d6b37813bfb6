"""`flask action`: what the dashboard's actions do, for scripts and timers."""

import json
from collections.abc import Iterator
from typing import Any

import click
from flask import Flask, current_app, get_flashed_messages
from flask.cli import with_appcontext
from werkzeug.datastructures import MultiDict

from demijohn.admin.acting import ON_LISTS
from demijohn.admin.asking import ANSWER, EMPTY, answered_by, hints_of, may_be_left_out, model_of, questions
from demijohn.admin.history import has_audit
from demijohn.admin.keys import parse_key
from demijohn.admin.kinds import mapper_of
from demijohn.admin.longactions import is_long, pieces
from demijohn.database.base import db


@click.group()
def group() -> None:
    """Run the dashboard's actions."""


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def list_actions(*, as_json: bool) -> None:
    """List the actions of every view, with what each asks for."""
    rows = [
        {"table": view.table, "action": name, "text": str(text), "asks": [one.name for one in questions(method)]}
        for view in views_of(current_app)
        for name, (method, text, *_) in view._actions_data.items()
        if name not in ON_LISTS
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        asks = "".join(f" --set {name}=…" for name in row["asks"])
        click.echo(f"flask action run {row['table']} {row['action']} KEY…{asks}   # {row['text']}")


@group.command("run")
@click.argument("table")
@click.argument("name")
@click.argument("keys", nargs=-1, required=True)
@click.option("--set", "answers", multiple=True, metavar="NAME=VALUE", help="What it asks for; can be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def run_action(table: str, name: str, keys: tuple[str, ...], answers: tuple[str, ...], *, yes: bool) -> None:
    """Run the action NAME on the records of TABLE with these keys, whoever may see them."""
    views = [view for view in views_of(current_app) if view.table == table and name in view._actions_data]
    if not views or name in ON_LISTS:
        raise click.UsageError(f"{table!r} has no action {name!r}. See: flask action list")
    view = views[0]
    method, _, question, *_ = view._actions_data[name]
    if question and not yes:
        click.confirm(str(question), abort=True)
    done = 0
    with current_app.test_request_context(environ_overrides=as_command()):  # what actions flash and link to needs one
        records = [found(view.model, key) for key in sorted(set(keys))]
        values = values_of(view, name, answers)
        view.note_action(name, [view.identity_of(record) for record in records], values)
        try:
            for piece in pieces(records) if is_long(method) else [records]:
                method(view.ids_for(list(piece)), **values)
                done += len(piece)
                if is_long(method):
                    db.session.commit()
                    click.echo(f"{done:,} of {len(records):,}", err=True)
        except Exception as error:
            db.session.rollback()
            before = f" Done before: {done:,} of {len(records):,}." if done else ""
            raise click.ClickException(f"{view.why_not(error)}{before}") from error
        for message in get_flashed_messages():
            click.echo(message)
    click.echo(f"Done: {len(records)} record{'' if len(records) == 1 else 's'}.")


def views_of(app: Flask) -> Iterator[Any]:
    """The model views that were made with actions; the last one of a table first."""
    for view in reversed(app.extensions["admin"][0].model_views()):
        view.build()
        yield view


def as_command() -> dict[str, str]:
    """What makes the log say `command` of a request that nobody sent."""
    if not has_audit():
        return {}
    from demijohn.audit.context import CHANNEL

    return {CHANNEL: "command"}


def found(model: type, key: str) -> Any:
    """The record of this key, its row held until commit."""
    table: Any = mapper_of(model).local_table
    parsed = parse_key(model, key)
    record = None if parsed is None else db.session.get(model, parsed, with_for_update={"of": table})
    if record is None:
        raise click.UsageError(f"There is no {table.name} with the key {key!r}.")
    return record


def values_of(view: Any, name: str, answers: tuple[str, ...]) -> dict[str, Any]:
    """What the action asks for, in its own types."""
    method = view._actions_data[name][0]
    asked = {one.name: one for one in questions(method)}
    given = dict(answer.partition("=")[::2] for answer in answers)
    for answer in given.keys() - asked.keys():
        raise click.UsageError(f"{name!r} does not ask for {answer!r}; it asks for {', '.join(asked) or 'nothing'}.")
    for one in asked.values():
        if one.name not in given and not may_be_left_out(method, one):
            raise click.UsageError(f"{name!r} asks for {one.name!r}: --set {one.name}=…")
    records = records_named(method, name, given)
    texts = {key: text for key, text in given.items() if key not in records}
    form = answered_by(view, name, MultiDict({f"{ANSWER}{key}": text for key, text in texts.items()}))
    form.validate()
    for key in texts:
        if form[key].errors:
            choices = ", ".join(getattr(form[key], "members", ()))
            raise click.UsageError(f"{key}: {' '.join(form[key].errors)} {choices}".rstrip())
    left_out = {one.name: None if one.default is EMPTY else one.default for one in asked.values()}
    return left_out | {key: form[key].data for key in texts} | records


def records_named(method: Any, name: str, given: dict[str, str]) -> dict[str, Any]:
    """The answers that are records, by the keys that were given: `customer=7`, `tags=1,2`."""
    hints, records = hints_of(method, name), dict[str, Any]()
    for key, text in given.items():
        model, is_many = model_of(hints.get(key, EMPTY))
        if model is not None:
            records[key] = [found(model, one) for one in text.split(",") if one] if is_many else found(model, text)
    return records
