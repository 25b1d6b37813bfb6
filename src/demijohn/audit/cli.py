"""`flask audit`: read the log, seal it, check it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.audit.log import newest_first
from demijohn.audit.models import AuditEntry
from demijohn.audit.rules import moment_of
from demijohn.audit.sealing import LostKeyError, seal_next
from demijohn.audit.verifying import Fault, Head, Report, verify
from demijohn.clock import now
from demijohn.database.base import db


class MomentOption(click.ParamType[datetime]):
    """A day, a moment (UTC unless it says otherwise), or how long ago: `30m`, `12h`, `2d`."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return moment_of(str(value), now())
        except ValueError as error:
            self.fail(str(error), param, ctx)


MOMENT = MomentOption()


@click.group()
def group() -> None:
    """Read and check the audit log."""


@group.command("list")
@click.option("--table", help="Only of this table.")
@click.option("--key", help="Only of the record with this primary key.")
@click.option("--event", "--action", "event", help="Only this event, such as `update`; `auth.*` for all that begin so.")
@click.option("--actor", help="Only by this user: the id, or the address at that time.")
@click.option(
    "--since", type=MOMENT, metavar="WHEN", help="Not before: `2026-11-21`, `2026-11-21T10:30` (UTC), or `2d`."
)
@click.option("--until", type=MOMENT, metavar="WHEN", help="Before.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most this many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def list_entries(*, limit: int, as_json: bool, **wanted: Any) -> None:
    """List entries, newest first."""
    query = sa.select(AuditEntry).where(*conditions(**wanted))
    rows = stream(newest_first(query).limit(limit))
    if as_json:
        print_array(rows)
        return
    first = next(rows, None)
    if first is None:
        click.echo("No entries.")
        return
    for row in chain([first], rows):
        click.echo(line_of(row))


def conditions(  # noqa: PLR0913 - one per option
    *,
    table: str | None,
    key: str | None,
    event: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[sa.ColumnElement[bool]]:
    """What the entries must be, one condition per option that was given."""
    found: list[sa.ColumnElement[bool]] = []
    if table is not None:
        found.append(AuditEntry.table == table)
    if key is not None:
        found.append(AuditEntry.key == key)
    if event is not None:
        is_start = event.endswith("*")
        found.append(
            AuditEntry.action.startswith(event[:-1], autoescape=True) if is_start else AuditEntry.action == event
        )
    if actor is not None:
        is_id = actor.isascii() and actor.isdigit() and len(actor) < 19
        found.append(AuditEntry.actor_id == int(actor) if is_id else AuditEntry.actor == actor)
    if since is not None:
        found.append(AuditEntry.at >= since)
    if until is not None:
        found.append(AuditEntry.at < until)
    return found


def stream(query: sa.Select[Any]) -> Iterator[AuditEntry]:
    """The rows a page at a time, so that a long list takes little memory."""
    rows: Iterator[AuditEntry] = iter(db.session.scalars(query.execution_options(yield_per=500)))
    return rows


def print_array(rows: Iterator[AuditEntry]) -> None:
    """One JSON array, an entry a line."""
    before = "["
    for row in rows:
        click.echo(before + "\n" + json.dumps(as_dict(row), ensure_ascii=False), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def as_dict(row: AuditEntry) -> dict[str, object]:
    names = ("id", "actor_id", "actor", "channel", "request_id", "address", "action", "table", "key", "changes")
    return {**{name: getattr(row, name) for name in names}, "at": row.at.isoformat()}


def line_of(row: AuditEntry) -> str:
    changes = ", ".join(f"{name}: {shown(old)} → {shown(new)}" for name, (old, new) in row.changes.items())
    return f"{row.at:%Y-%m-%d %H:%M:%S}  {row.actor or '-'}  {row.channel}  {row}  {changes}".rstrip()


def shown(value: object) -> str:
    return "-" if value is None else str(value)


class HeadOption(click.ParamType[Head]):
    """`12:3f…`, as `flask audit verify` prints it."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        try:
            return Head.read(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@group.command("verify")
@click.option("--expect", type=HeadOption(), metavar="HEAD", help="A head you kept: it must still be in the chain.")
@click.option("--after", type=HeadOption(), metavar="HEAD", help="The same, and only read the entries sealed after it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def verify_log(expect: Head | None, after: Head | None, *, as_json: bool) -> None:
    """Check that no entry was edited, removed or put in by others; exit 1 if one was."""
    report = verify(application(), expect=expect, after=after)
    if as_json:
        click.echo(json.dumps({"ok": not report.fault_count, **asdict(report)}, indent=2))
    else:
        for line in lines_of(report):
            click.echo(line)
    raise SystemExit(1 if report.fault_count else 0)


def lines_of(report: Report) -> list[str]:
    more = report.fault_count - len(report.faults)
    lines = [*map(told, report.faults), *([f"… and {more:,} more."] if more else [])]
    lines.append(
        f"{report.seals:,} seals, {report.entries:,} entries read in them, {report.waiting:,} entries not sealed yet."
    )
    if report.dropped:
        lines.append(f"{report.dropped:,} entries were pruned.")
    if report.on_trust:
        lines.append(f"Sealed on an administrator's word: {', '.join(f'seal {one}' for one in report.on_trust)}.")
    lines.append("The log does not hold together." if report.fault_count else "The log holds together.")
    return [*lines, f"Head: {report.head or '-'}"]


def told(fault: Fault) -> str:
    places = [f"{what} {one}" for what, one in (("entry", fault.entry), ("seal", fault.seal)) if one is not None]
    where = places[0] if len(places) == 1 else f"{places[0]} ({places[1]})"
    return f"{where[0].upper()}{where[1:]} {fault.text}"


@group.command("seal")
@click.option("--on-trust", is_flag=True, help="Also seal what no key of this application signed. Asks.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def seal(*, on_trust: bool, yes: bool) -> None:
    """Seal every entry that is not sealed yet, now."""
    if on_trust and not yes:
        click.confirm("Vouch for every entry that is there, whoever wrote it?", abort=True)
    sealed = 0
    try:
        while found := seal_next(application(), thoroughly=True, on_trust=on_trust):
            sealed += found
    except LostKeyError as error:
        raise click.ClickException(
            f"{error}\nFix: put its key into SECRET_KEY_FALLBACKS; if it is lost: flask audit seal --on-trust"
        ) from None
    click.echo(f"{sealed:,} entries sealed.")


def application() -> Flask:
    app: Any = current_app
    found: Flask = app._get_current_object()
    return found
