"""`flask mail`: try the server, look at the outbox, deliver it now. Never shows a message's text."""

import json
from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from demijohn.database.base import db
from demijohn.mail.backends import Backend, UnreachableError
from demijohn.mail.compose import compose
from demijohn.mail.models import OutgoingMail
from demijohn.mail.outbox import engine_of, try_again
from demijohn.mail.rules import Answer, address_of
from demijohn.mail.send import sender
from demijohn.mail.state import mail_of

STATES = ("waiting", "sent", "failed", "expired")


@click.group()
def group() -> None:
    """Send a test message, look at the outbox, deliver it."""


@group.command()
@click.argument("address")
@with_appcontext
def test(address: str) -> None:
    """Send one message to ADDRESS now and say what the server answered."""
    mail = mail_of()
    try:
        to = address_of(address)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from None
    if mail.backend.name != "smtp":
        click.echo(
            f"Nothing leaves this machine: the backend is {mail.backend.name!r}. Set MAIL_URL to send.", err=True
        )
        raise SystemExit(1)
    name = current_app.name
    parcel = compose(
        sender(),
        [to],
        subject=f"Test from {name}",
        text=f"{name} can send mail.\n",
        html=f"<p>{name} can send mail.</p>",
    )
    answer = answer_of(mail.backend, parcel.sender, to.addr_spec, parcel.raw)
    click.echo(f"{server()}: {'accepted' if answer.state == 'sent' else answer.text}", err=answer.state != "sent")
    raise SystemExit(0 if answer.state == "sent" else 1)


def answer_of(backend: Backend, sender: str, recipient: str, raw: bytes) -> Answer:
    try:
        line = backend.open()
        try:
            return line.send(sender, [recipient], raw)[recipient]
        finally:
            line.close()
    except UnreachableError as error:
        return Answer("waiting", str(error))


def server() -> str:
    config = current_app.extensions["mail"]
    return f"{config.server}:{config.port}"


@group.command()
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most this many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def outbox(state: str | None, limit: int, *, as_json: bool) -> None:
    """List messages, newest first."""
    query = sa.select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(limit)
    if state is not None:
        query = query.where(OutgoingMail.state == state)
    rows = [as_dict(row) for row in db.session.scalars(query)]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif not rows:
        click.echo("The outbox is empty.")
    for row in rows if not as_json else ():
        click.echo(line_of(row))


def as_dict(row: OutgoingMail) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": moment(row.created_at),
        "state": row.state,
        "purpose": row.purpose,
        "subject": row.subject,
        "recipients": row.recipients,
        "tries": row.tries,
        "due_at": moment(row.due_at) if row.state == "waiting" else None,
        "sent_at": moment(row.sent_at),
        "last_answer": row.last_answer,
    }


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def line_of(row: dict[str, Any]) -> str:
    to = ", ".join(one["address"] for one in row["recipients"])
    answer = f" ({row['last_answer']})" if row["last_answer"] and row["state"] != "sent" else ""
    return (
        f"{row['id']:>6}  {row['created_at']}  {row['state']:<7}  {row['tries']} tries  {to}: {row['subject']}{answer}"
    )


@group.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--due", is_flag=True, help="Only what is due: leave failed messages, and those that wait longer, alone.")
@with_appcontext
def retry(ids: tuple[int, ...], *, due: bool) -> None:
    """Deliver now: failed and waiting messages, or only those with these IDS."""
    if ids and due:
        raise click.UsageError("give IDS or --due, not both.")
    mail = mail_of()
    if not mail.backend.delivers:
        click.echo(f"Nothing is delivered here: the backend is {mail.backend.name!r}.", err=True)
        raise SystemExit(1)
    if not due:
        with engine_of(current_app._get_current_object()).begin() as connection:  # type: ignore[attr-defined]
            found = try_again(connection, ids)
        refuse_unknown(set(ids) - set(found))
    tally = mail.postman.new_round().run()
    click.echo(f"{tally.sent} sent, {tally.later} to be tried again, {tally.failed} failed")
    if tally.unreachable:
        click.echo(f"{server()}: {tally.unreachable}", err=True)
    raise SystemExit(1 if tally.later or tally.failed else 0)


def refuse_unknown(ids: set[int]) -> None:
    if ids:
        listed = ", ".join(map(str, sorted(ids)))
        raise click.UsageError(f"nothing to send again: {listed} (sent, expired, being sent now, or not there).")
