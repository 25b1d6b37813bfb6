"""`flask user …`: accounts from the command line.

Passwords come from a prompt, standard input or the environment, never from an argument: arguments are seen by every
user of the machine.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from demijohn.auth.accounts import change_password, create_user, find_user
from demijohn.auth.companions import end_session_rows, listed_sessions, note
from demijohn.auth.factors.cli import reset_two_factor
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.guards import Refused
from demijohn.auth.locks.lifting import lift_locks, locks_on
from demijohn.auth.locks.views import facts_of as facts_of_lock
from demijohn.auth.locks.views import words_of
from demijohn.auth.models import UserBase, new_stamp, user_class
from demijohn.auth.passkeys.models import passkey_names
from demijohn.database.base import db
from demijohn.security.throttle import unreached

user = AppGroup("user", help="Make and manage accounts.")
user.add_command(reset_two_factor)

email_argument = click.argument("email")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


def refusable(command: Callable[..., None]) -> Callable[..., None]:
    """Show what is refused as one line, with exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Refused as refused:
            raise click.ClickException(str(refused)) from None

    return run


def read_password(variable: str, *, from_stdin: bool) -> str:
    """From standard input, the environment or a prompt, in this order."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise click.UsageError(f"no password: use --password-stdin, set {variable}, or run it in a terminal.")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def account(email: str) -> UserBase:
    """The account of this address, or exit status 1."""
    found = find_user(email)
    if found is None:
        raise click.ClickException(f"There is no user {email}. See them all: flask user list")
    return found


@user.command("create")
@email_argument
@click.option("--name", default="", help="The person's name.")
@click.option("--superuser", is_flag=True, help="May do everything.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role to give; can be repeated.")
@click.option("--invite", "is_invited", is_flag=True, help="Mail an invitation: they choose name and password.")
@stdin_option
@refusable
def create(  # noqa: PLR0913 - one for each option
    email: str,
    *,
    name: str,
    superuser: bool,
    roles: tuple[str, ...],
    is_invited: bool,
    password_stdin: bool,
) -> None:
    """Create a user; asks for the password, or invites them to choose it."""
    if is_invited:
        if superuser or password_stdin or name:
            raise click.UsageError("--invite goes with --role only; promote them once they are there.")
        send_invitation(email, roles)
        return
    password = read_password("FLASK_USER_CREATE_PASSWORD", from_stdin=password_stdin)
    made = create_user(email, password=password, name=name, is_superuser=superuser, roles=roles)
    db.session.commit()
    click.echo(f"created {made.email} (id {made.id}{', superuser' if made.is_superuser else ''})")


def send_invitation(email: str, roles: tuple[str, ...]) -> None:
    from demijohn.auth.invitations.inviting import invite

    made = invite(email, roles=roles)
    db.session.commit()
    click.echo(f"invited {made.email}, until {made.expires_at:%Y-%m-%d %H:%M} UTC")


@user.command("list")
@json_option
def list_users(as_json: bool) -> None:  # noqa: FBT001
    """List all users."""
    model = user_class()
    facts = [facts_of(found) for found in db.session.scalars(sa.select(model).order_by(model.email))]
    if as_json:
        click.echo(json.dumps(facts))
        return
    for one in facts:
        states = [name for name in ("superuser", "disabled") if one[name]] + one["roles"]
        click.echo(f"{one['id']:>6}  {one['email']:<40}  {', '.join(states)}".rstrip())


@user.command("show")
@email_argument
@json_option
def show(email: str, as_json: bool) -> None:  # noqa: FBT001
    """Show one user."""
    found = account(email)
    facts = {**facts_of(found), "passkeys": passkey_names(found.id)}
    locks = locks_on(email)
    if as_json:
        click.echo(json.dumps({**facts, "locks": [facts_of_lock(lock) for lock in locks]}))
        return
    for name, value in facts.items():
        click.echo(f"{name:<16}{', '.join(value) if isinstance(value, list) else value}")
    for lock in locks:
        click.echo(f"{'locked':<16}{lock.what} from {lock.origin} until {lock.until:%Y-%m-%d %H:%M} UTC")


def facts_of(found: UserBase) -> dict[str, Any]:
    last = found.last_sign_in_at
    return {
        "id": found.id,
        "email": found.email,
        "name": found.name,
        "superuser": found.is_superuser,
        "disabled": not found.is_active,
        "roles": [one.name for one in found.roles],
        "password": found.password_hash is not None,
        "second_factors": [factor.kind for factor in factors_of(found)],
        "created_at": found.created_at.isoformat(),
        "last_sign_in_at": last.isoformat() if last else None,
    }


def set_state(email: str, done: str, **values: bool) -> None:
    found = account(email)
    for name, value in values.items():
        setattr(found, name, value)
    db.session.commit()
    click.echo(f"{done} {found.email}")


@user.command("promote")
@email_argument
@refusable
def promote(email: str) -> None:
    """Make a user a superuser."""
    set_state(email, "promoted", is_superuser=True)


@user.command("demote")
@email_argument
@refusable
def demote(email: str) -> None:
    """Make a superuser an ordinary user."""
    set_state(email, "demoted", is_superuser=False)


@user.command("enable")
@email_argument
@refusable
def enable(email: str) -> None:
    """Let a disabled user sign in again."""
    set_state(email, "enabled", is_active=True)


@user.command("disable")
@email_argument
@refusable
def disable(email: str) -> None:
    """Keep a user out, and end their sessions at once."""
    set_state(email, "disabled", is_active=False)


@user.command("password")
@email_argument
@stdin_option
@refusable
def password(email: str, password_stdin: bool) -> None:  # noqa: FBT001
    """Set a user's password, and end their sessions."""
    found = account(email)
    change_password(found, read_password("FLASK_USER_PASSWORD_PASSWORD", from_stdin=password_stdin))
    click.echo(f"new password for {found.email}; all sessions are ended")


@user.command("sessions")
@email_argument
@click.option("--end", is_flag=True, help="End them all.")
@json_option
def sessions(email: str, end: bool, as_json: bool) -> None:  # noqa: FBT001
    """List where a user is signed in, or end it all."""
    found = account(email)
    listed = listed_sessions(found.id) or []
    if end:
        found.security_stamp = new_stamp()
        end_session_rows(found.id)
        db.session.commit()
        click.echo(f"ended all sessions of {found.email}")
    elif as_json:
        facts = [{"device": s.device, "address": s.address, "last_seen_at": s.last_seen_at.isoformat()} for s in listed]
        click.echo(json.dumps(facts))
    else:
        for one in listed:
            click.echo(f"{one.last_seen_at:%Y-%m-%d %H:%M} UTC  {one.address:<40} {one.device}")


@user.command("unlock")
@email_argument
@click.option("--address", "addresses", multiple=True, metavar="IP", help="Where the user tries from.")
@json_option
def unlock(email: str, addresses: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """Lift every limit on signing in, from the addresses given and those the log and the sessions name."""
    lifted = lift_locks(email, addresses)
    refuse_unreached()
    found = find_user(email)
    if found is not None:
        note("auth.unlocked", found, changes={"limits": words_of(lifted)})
        db.session.commit()
    if as_json:
        click.echo(json.dumps([facts_of_lock(lock) for lock in lifted]))
        return
    for lock in lifted:
        click.echo(f"lifted: {lock.what} from {lock.origin}")
    click.echo(f"unlocked {email}")


def refuse_unreached() -> None:
    """Exit with status 1 if the servers count where this command cannot reach."""
    why = unreached()
    if why is not None:
        raise click.ClickException(
            f"the servers count in their own memory ({why}), which a command cannot reach. Wait, or restart them."
        )
