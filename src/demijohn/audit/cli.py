"""`flask audit`: read the log."""

import json

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from demijohn.audit.log import newest_first
from demijohn.audit.models import AuditEntry
from demijohn.database.base import db


@click.group()
def group() -> None:
    """Read the audit log."""


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
