"""`flask audit`: read the log, seal it, check it."""

import json
from dataclasses import asdict
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.audit.log import newest_first
from demijohn.audit.models import AuditEntry
from demijohn.audit.sealing import LostKeyError, seal_next
from demijohn.audit.verifying import Fault, Head, Report, verify
from demijohn.database.base import db


@click.group()
def group() -> None:
    """Read and check the audit log."""


@group.command("list")
@click.option("--table", help="Only of this table.")
@click.option("--key", help="Only of the record with this primary key.")
@click.option("--action", help="Only this action, such as `update` or `auth.sign_in`.")
@click.option("--actor", type=int, help="Only by the user with this id.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most this many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def list_entries(  # noqa: PLR0913 - one per option
    table: str | None, key: str | None, action: str | None, actor: int | None, limit: int, *, as_json: bool
) -> None:
    """List entries, newest first."""
    wanted = {"table": table, "key": key, "action": action, "actor_id": actor}
    query = sa.select(AuditEntry).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    rows = db.session.scalars(newest_first(query).limit(limit)).all()
    if as_json:
        click.echo(json.dumps([as_dict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("No entries.")
    for row in rows:
        click.echo(line_of(row))


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
