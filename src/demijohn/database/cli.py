"""`flask models from-database`: classes for a database that is there already."""

import importlib.util
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from demijohn.database.base import db
from demijohn.database.ownership import battery_of, owned_tables
from demijohn.errors import SetupError


@click.group()
def group() -> None:
    """Write models."""


@group.command("from-database")
@click.option("--bind", "bind_key", help="The key of a further database (database.binds); else the main one.")
@click.option("--schema", help="The schema to look in; else the database's default.")
@click.option("--table", "tables", multiple=True, help="Only this table or view; can be repeated.")
@click.option("--key", "keys", multiple=True, metavar="TABLE=COLUMN[,COLUMN]", help="What tells its rows apart.")
@click.option("--no-views", is_flag=True, help="Leave views out.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write this new file; else print.")
@with_appcontext
def from_database(  # noqa: PLR0913 - one argument an option
    bind_key: str | None,
    schema: str | None,
    tables: tuple[str, ...],
    keys: tuple[str, ...],
    *,
    no_views: bool,
    out: Path | None,
) -> None:
    """Write a class for each table and view that nobody here makes."""
    if out is not None and out.exists():
        raise click.UsageError(f"{out} is there already; nothing was written.")
    require_writer()
    from demijohn.database import modelwriter

    engine = engine_of(bind_key)
    metadata = found_in(engine, schema=schema, only=tables, views=not no_views)
    leave_out_own(metadata, bind_key)
    try:
        keyless = modelwriter.give_keys(metadata, dict(map(named_key, keys)))
    except KeyError as missing:
        raise click.BadParameter(f"there is no {missing.args[0]!r}.", param_hint="--key") from None
    for name in keyless:
        click.echo(f"left out: {name} has no key. Name one: --key {name}=COLUMN[,COLUMN]", err=True)
    if not metadata.tables:
        raise click.ClickException("there is no table to write a class for.")
    source = modelwriter.written(engine, metadata, bind_key=bind_key)
    if out is None:
        click.echo(source, nl=False)
        return
    out.write_text(source, encoding="utf-8")
    click.echo(f"wrote {out}: {len(metadata.tables)} tables and views. Read it, then import it before create_app.")


def require_writer() -> None:
    if importlib.util.find_spec("sqlacodegen") is None:
        raise SetupError(
            "'flask models from-database' needs sqlacodegen, which is not installed.", fix="pip install sqlacodegen"
        )


def engine_of(bind_key: str | None) -> sa.Engine:
    if bind_key not in db.engines:
        known = ", ".join(key for key in db.engines if key is not None) or "none"
        raise click.BadParameter(f"{bind_key!r} is no key of database.binds (known: {known}).", param_hint="--bind")
    return db.engines[bind_key]


def found_in(engine: sa.Engine, *, schema: str | None, only: tuple[str, ...], views: bool) -> sa.MetaData:
    from demijohn.database import modelwriter

    try:
        return modelwriter.read(engine, schema=schema, only=only, views=views)
    except sa.exc.InvalidRequestError as missing:
        raise click.ClickException(str(missing)) from None
    except sa.exc.OperationalError as down:
        raise click.ClickException(f"the database does not answer: {down.orig}".splitlines()[0]) from None


def named_key(option: str) -> tuple[str, list[str]]:
    table, equals, columns = option.partition("=")
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if not (table and equals and names):
        raise click.BadParameter(f"{option!r} is not TABLE=COLUMN[,COLUMN].", param_hint="--key")
    return table, names


def leave_out_own(metadata: sa.MetaData, bind_key: str | None) -> None:
    """Leave out what this application makes itself, and what belongs to demijohn."""
    own = {table.name for table in owned_tables(current_app._get_current_object(), bind_key)}  # type: ignore[attr-defined]
    framework = {table.name for table in db.metadatas[None].tables.values() if battery_of(table) is not None}
    for table in list(metadata.tables.values()):
        if table.schema is None and table.name in own | framework:
            metadata.remove(table)
