"""`flask role …`: roles, what they may do, and why somebody may or may not.

Commands act for whoever runs the machine: they may give any right, and the audit log names the channel.
"""

import json
from collections.abc import Iterable
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from demijohn.auth.accounts import find_role
from demijohn.auth.cli import account, email_argument, json_option, refusable
from demijohn.auth.explaining import explain
from demijohn.auth.guards import Refused
from demijohn.auth.models import Role, user_role
from demijohn.auth.permissions import unknown_permissions
from demijohn.auth.reasons import Explanation
from demijohn.database.base import db

role = AppGroup("role", help="Make roles and say what they may do.")

MARKS = {True: "yes", False: "no", None: "-"}


@role.command("list")
@json_option
def list_roles(as_json: bool) -> None:  # noqa: FBT001
    """List roles with their permissions and how many people hold them."""
    counted = sa.select(user_role.c.role_id, sa.func.count()).group_by(user_role.c.role_id)
    holders = {role_id: count for role_id, count in db.session.execute(counted)}  # noqa: C416 - rows, not pairs
    facts: list[dict[str, Any]] = [
        {"name": one.name, "permissions": sorted(one.permissions), "users": holders.get(one.id, 0)}
        for one in db.session.scalars(sa.select(Role).order_by(Role.name))
    ]
    if as_json:
        click.echo(json.dumps(facts))
        return
    for one in facts:
        click.echo(f"{one['name']:<20} {one['users']:>5}  {', '.join(one['permissions'])}".rstrip())


@role.command("create")
@click.argument("name")
@click.argument("permissions", nargs=-1)
@refusable
def create_role(name: str, permissions: tuple[str, ...]) -> None:
    """Create a role, with permissions if given."""
    refuse_unknown(permissions)
    if not name.strip() or len(name) > 100:
        raise Refused("A role's name has 1 to 100 characters.")
    if db.session.scalar(sa.select(Role.id).where(Role.name == name)) is not None:
        raise Refused(f"There is a role {name!r} already. Give it more: flask role grant {name} PERMISSION")
    db.session.add(Role(name=name, permissions=set(permissions)))
    db.session.commit()
    click.echo(f"created {name}")


@role.command("grant")
@click.argument("name")
@click.argument("permissions", nargs=-1, required=True)
@refusable
def grant(name: str, permissions: tuple[str, ...]) -> None:
    """Give a role permissions, such as order.edit."""
    refuse_unknown(permissions)
    find_role(name).permissions |= set(permissions)
    db.session.commit()
    click.echo(f"{name} may {', '.join(permissions)}")


@role.command("revoke")
@click.argument("name")
@click.argument("permissions", nargs=-1, required=True)
@refusable
def revoke(name: str, permissions: tuple[str, ...]) -> None:
    """Take permissions from a role."""
    found = find_role(name)
    missing = sorted(set(permissions) - set(found.permissions))
    if missing:
        raise Refused(f"{name} does not have {', '.join(missing)}.")
    found.permissions -= set(permissions)
    db.session.commit()
    click.echo(f"{name} may no longer {', '.join(permissions)}")


@role.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@refusable
def delete_role(name: str, yes: bool) -> None:  # noqa: FBT001
    """Delete a role; whoever holds it loses what it gave, and their sessions end."""
    found = find_role(name)
    users = db.session.scalar(sa.select(sa.func.count()).where(user_role.c.role_id == found.id))
    if not yes:
        click.confirm(f"Delete {name}, which {users} {'person has' if users == 1 else 'people have'}?", abort=True)
    db.session.delete(found)
    db.session.commit()
    click.echo(f"deleted {name}")


@role.command("why")
@email_argument
@click.argument("permission")
@click.argument("key", required=False)
@click.option("--field", help="A field of the permission's table.")
@json_option
@refusable
def why(email: str, permission: str, key: str | None, field: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Say why a user may or may not (exit status 1): flask role why ada@example.com order.edit 7."""
    found = explain(account(email), permission, key=key, field=field)
    click.echo(json.dumps(as_facts(found)) if as_json else as_text(found))
    if not found.may:
        raise click.exceptions.Exit(1)


def as_facts(found: Explanation) -> dict[str, Any]:
    reasons = [{"text": reason.text, "passes": reason.passes} for reason in found.reasons]
    return {"may": found.may, "summary": found.summary, "reasons": reasons}


def as_text(found: Explanation) -> str:
    return "\n".join([found.summary, *(f"  {MARKS[reason.passes]:<4} {reason.text}" for reason in found.reasons)])


def refuse_unknown(names: Iterable[str]) -> None:
    """Refuse names that no permission has, with the nearest one."""
    app: Any = current_app
    for name, near in unknown_permissions(app._get_current_object(), names).items():
        raise Refused(f"There is no permission {name!r}." + (f" Did you mean {near}?" if near else ""))
