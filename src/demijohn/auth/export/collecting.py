"""What is kept about one person, as JSON: their columns, rows of our tables, what the project adds, and the log."""

import datetime as dt
import enum
import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from demijohn import secretnames
from demijohn.auth.companions import listed_sessions, log_about
from demijohn.auth.models import UserBase, tables_about_users
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.state import state_of

OUR_OWN = "security_stamp"


def collected(user: UserBase) -> dict[str, Any]:
    """Everything but the log, which can be long."""
    parts: dict[str, Any] = {"application": state_of().name, "made_at": now(), "profile": profile(user)}
    parts["roles"] = [role.name for role in user.roles]
    parts["devices"] = [
        {"device": one.device, "address": one.address, "last_seen_at": one.last_seen_at}
        for one in listed_sessions(user.id) or ()
    ]
    parts |= {table.name: rows_of(table, user.id) for table in tables_about_users()}
    own = user.personal_data()
    return {**parts, "more": dict(own)} if own else parts


def profile(user: UserBase) -> dict[str, Any]:
    """The columns of the user's row, a project's own among them, without secrets and raw bytes."""
    mapper: Any = sa.inspect(type(user))
    return {prop.key: getattr(user, prop.key) for prop in mapper.column_attrs if is_open(prop.key, prop.columns[0])}


def rows_of(table: sa.Table, user_id: int) -> list[dict[str, Any]]:
    """What one of our tables keeps about the user, without secrets; of codes, how many there are."""
    columns = [column for column in table.c if column.name not in {"id", "user_id"} and is_open(column.name, column)]
    kept = sa.select(sa.literal(1), *columns).where(table.c.user_id == user_id).order_by(*table.primary_key)
    return [dict(zip((column.name for column in columns), row[1:], strict=True)) for row in db.session.execute(kept)]


def is_open(name: str, column: Any) -> bool:
    is_secret = secretnames.is_secret_name(name) or column.info.get("secret") or name == OUR_OWN
    return not is_secret and not isinstance(column.type, sa.LargeBinary)


def document(parts: Mapping[str, Any], user_id: int) -> Iterator[str]:
    """One JSON object, an entry of the log a line, so that a long log takes little memory."""
    yield "{\n"
    for name, value in parts.items():
        yield f" {json.dumps(name)}: {in_json(value)},\n"
    yield ' "log": ['
    before = "\n"
    for entry in log_about(user_id):
        yield f"{before}  {in_json(entry)}"
        before = ",\n"
    yield "\n ]\n}\n"


def in_json(value: Any) -> str:
    return json.dumps(value, default=plain)


def plain(value: Any) -> Any:
    """A value that JSON does not know, without loss."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
