"""A project's table of users from before becomes the table `user`: nothing lost, what is missing added.

Called by the battery's first revision, for a user class that says `__adopts__ = "<table>"`. Everything is one
transaction with the rest of the upgrade: what is refused here leaves the database as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op

from demijohn.auth.addresses import comparable_address
from demijohn.auth.models import mapped_user, new_stamp
from demijohn.clock import now
from demijohn.errors import SetupError

AT_ONCE = 1_000
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One column of the first revision's `user`; `fill` makes the value for rows that have none."""

    attribute: str
    type: sa.types.TypeEngine[Any]
    fill: Any = None
    is_nullable: bool = False


WANTED = (
    Wanted(attribute="email", type=sa.String(254)),
    Wanted(attribute="name", type=sa.String(255), fill=lambda: ""),
    Wanted(attribute="password_hash", type=sa.String(255), is_nullable=True),
    Wanted(attribute="security_stamp", type=sa.String(64), fill=new_stamp),
    Wanted(attribute="is_active", type=sa.Boolean(), fill=lambda: True),
    Wanted(attribute="is_superuser", type=sa.Boolean(), fill=lambda: False),
    Wanted(attribute="confirmed_at", type=sa.DateTime(timezone=True), is_nullable=True),
    Wanted(attribute="created_at", type=sa.DateTime(timezone=True), fill=now),
    Wanted(attribute="last_sign_in_at", type=sa.DateTime(timezone=True), is_nullable=True),
    Wanted(attribute="locale", type=sa.String(35), is_nullable=True),
    Wanted(attribute="time_zone", type=sa.String(64), is_nullable=True),
)


def adopt_users() -> bool:
    """Make the adopted table into `user`; False if there is none and the revision makes a new one.

    Raises:
        SetupError: a table is in the way, or rows that can't become accounts; the text names them.
    """
    if op.get_context().as_sql:
        return False
    tables = set(sa.inspect(op.get_bind()).get_table_names())
    adopted = getattr(mapped_user(), "__adopts__", None)
    refuse_what_is_in_the_way(tables, adopted)
    if adopted not in tables:
        return False
    if adopted != "user":
        op.rename_table(adopted, "user")
    names = names_in_table()
    add_missing(names)
    fill(names)
    bring_addresses_into_form(names["email"])
    close(names)
    return True


def refuse_what_is_in_the_way(tables: set[str], adopted: str | None) -> None:
    if "user" in tables and adopted != "user":
        raise SetupError(
            "the database has a table 'user' that demijohn did not make.",
            fix="if it holds the accounts, say so on your user class: __adopts__ = 'user'. "
            'Else rename it: ALTER TABLE "user" RENAME TO old_user',
        )
    if "role" in tables:
        raise SetupError(
            "the database has a table 'role' already, and demijohn's own has that name.",
            fix="rename it first: ALTER TABLE role RENAME TO old_role",
        )


def names_in_table() -> dict[str, str]:
    """Attribute of the user class -> name of its column."""
    user = mapped_user()
    columns: Any = sa.inspect(user).columns if user is not None else {}
    return {wanted.attribute: columns[wanted.attribute].name for wanted in WANTED}


def present() -> dict[str, Any]:
    """The table's columns as the database has them."""
    return {column["name"]: column for column in sa.inspect(op.get_bind()).get_columns("user")}


def add_missing(names: dict[str, str]) -> None:
    """Add what is not there, empty for now, and widen what is too narrow."""
    there = present()
    if names["email"] not in there:
        raise SetupError(
            f"the adopted table has no column {names['email']!r} for the e-mail address.",
            fix="name it on your user class: __column_names__ = {'email': '<its column>'}",
        )
    with op.batch_alter_table("user") as table:
        for wanted in WANTED:
            name = names[wanted.attribute]
            if name not in there:
                table.add_column(sa.Column(name, wanted.type, nullable=True))
            elif needs_other_type(there[name]["type"], wanted.type):
                table.alter_column(name, type_=wanted.type, postgresql_using=f'"{name}"{conversion(wanted.type)}')


def needs_other_type(found: Any, wanted: Any) -> bool:
    """Whether values would not fit, or a moment would be read without its time zone."""
    if isinstance(wanted, sa.String):
        return 0 < (getattr(found, "length", None) or 0) < (wanted.length or 0)
    if op.get_bind().dialect.name == "sqlite":
        return isinstance(wanted, sa.DateTime) and str(found) != "DATETIME"
    return isinstance(wanted, sa.DateTime) and not getattr(found, "timezone", True)


def conversion(wanted: Any) -> str:
    return " AT TIME ZONE 'UTC'" if isinstance(wanted, sa.DateTime) else ""


def fill(names: dict[str, str]) -> None:
    """Give rows the values that every account has."""
    for wanted in WANTED:
        if wanted.fill is None:
            continue
        name = names[wanted.attribute]
        empty = [{"key": key, "value": wanted.fill()} for key, value in values_of(name, wanted.type) if value is None]
        write(name, wanted.type, empty)


def bring_addresses_into_form(name: str) -> None:
    """Store addresses in their one form, and refuse those that two rows share or that are missing."""
    owners: dict[str, list[Any]] = {}
    changed, missing = [], []
    for key, value in values_of(name, sa.String()):
        if not value:
            missing.append(key)
            continue
        address = comparable_address(value)
        owners.setdefault(address, []).append(key)
        if address != value:
            changed.append({"key": key, "value": address})
    twice = [keys for keys in owners.values() if len(keys) > 1]
    if missing or twice:
        raise SetupError(in_words(missing, twice), fix="mend these rows, then: flask db upgrade")
    write(name, sa.String(), changed)


def in_words(missing: list[Any], twice: list[list[Any]]) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing)} users have no e-mail address (id {some(missing)})")
    if twice:
        pairs = [" and ".join(map(str, keys)) for keys in twice]
        parts.append(f"{len(twice)} addresses belong to several users (id {some(pairs)})")
    return f"{'; '.join(parts)}. An address names one account, in whatever case it is written."


def some(found: list[Any]) -> str:
    return ", ".join(map(str, found[:SHOWN])) + (", …" if len(found) > SHOWN else "")


def close(names: dict[str, str]) -> None:
    """Let nothing be empty that an account needs, and let an address be there once."""
    inspector = sa.inspect(op.get_bind())
    unique: list[Any] = [found["column_names"] for found in inspector.get_unique_constraints("user")]
    unique += [found["column_names"] for found in inspector.get_indexes("user") if found["unique"]]
    with op.batch_alter_table("user") as table:
        kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # every table of ours refers to it so
        table.alter_column("id", nullable=False, existing_type=sa.Integer(), type_=kind)
        for wanted in WANTED:
            if not wanted.is_nullable:
                table.alter_column(names[wanted.attribute], nullable=False, existing_type=wanted.type)
        if [names["email"]] not in unique:
            table.create_unique_constraint(f"uq_user_{names['email']}", [names["email"]])


def values_of(name: str, kind: Any) -> Iterator[tuple[Any, Any]]:
    """Key and value of each row."""
    table = sa.table("user", sa.column("id"), sa.column(name, kind))
    yield from op.get_bind().execute(sa.select(table.c.id, table.c[name]).order_by(table.c.id)).tuples().all()


def write(name: str, kind: Any, rows: list[dict[str, Any]]) -> None:
    """Set one column of these rows, some at once."""
    table = sa.table("user", sa.column("id"), sa.column(name, kind))
    changed = (
        sa.update(table).where(table.c.id == sa.bindparam("key")).values({name: sa.bindparam("value", type_=kind)})
    )
    for start in range(0, len(rows), AT_ONCE):
        op.get_bind().execute(changed, rows[start : start + AT_ONCE])
