"""The database of a development start: only on this machine, and with every table it needs."""

import ast
from collections.abc import Iterable
from pathlib import Path

import click
from flask import Flask

from demijohn.configuration.rules import is_loopback
from demijohn.errors import SetupError
from demijohn.state import state_of

ADDING = {"create_table", "add_column", "create_index", "create_foreign_key", "f", "batch_alter_table"}
"""What Alembic's `op` offers that only adds; anything else in a revision is asked about."""


class Unanswered(Exception):  # noqa: N818 - not an error: the answer is no
    """Something must be decided by a person first."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


def refuse_remote_database(app: Flask, *, yes: bool) -> None:
    """Keep a development start away from a database on another machine.

    Raises:
        SetupError: there is one, and `--yes` was not given.
    """
    if yes or not state_of(app).has("database"):
        return
    from demijohn.database.base import db

    with app.app_context():
        for key, engine in db.engines.items():
            host = engine.url.host or str(engine.url.query.get("host", ""))
            if host and not host.startswith("/") and not is_loopback(host):
                which = "the database" if key is None else f"the database {key!r}"
                raise SetupError(
                    f"{which} is on another machine ({host}), and `flask up` changes tables.",
                    fix="DATABASE_URL=sqlite:///app.db, or go on with: flask up --yes",
                )


def prepare_database(app: Flask, *, no_input: bool) -> None:
    """Bring every table up to date: by itself with additions only, else after somebody said yes.

    Raises:
        Unanswered: a person must decide, and was not there or said no.
    """
    if not state_of(app).has("database"):
        return
    if state_of(app).has("migrations"):
        migrate(app, no_input=no_input)
    else:
        create_tables(app)
    forget_connections(app)


def migrate(app: Flask, *, no_input: bool) -> None:
    from demijohn.migrations import autopilot

    missing, is_new = autopilot.pending(app), not has_history(app)
    if changes := changes_of(app, missing):
        ask("these revisions do more than add:", changes, no_input=no_input)
    applied = autopilot.upgrade(app) if missing else []
    try:
        written = autopilot.write_additive(app)
    except autopilot.NotAdditiveError as error:
        ask("the models ask for more than additions:", error.changes, no_input=no_input)
        written = autopilot.write_additive(app, additions_only=False)
    if written is not None:
        click.echo(f"wrote {nearby(written)}")
        applied += autopilot.upgrade(app)
    click.echo(f"database: {len(applied)} revisions applied" if applied else "database: up to date")
    if is_new:
        fill_with_samples(app)


def has_history(app: Flask) -> bool:
    """Whether any revision was ever applied."""
    from demijohn.migrations.standing import applied_revisions

    with app.app_context():
        return bool(applied_revisions())


def fill_with_samples(app: Flask) -> None:
    """Run the project's seed function, if it has one, on the database that was just made."""
    from demijohn.migrations.seeding import find_seed, run_seed

    with app.app_context():
        seed = find_seed(app)
        if seed is not None:
            click.echo("sample data: running the project's seed")
            run_seed(seed)


def ask(question: str, changes: Iterable[str], *, no_input: bool) -> None:
    """Show what would be done and go on only if somebody says yes."""
    shown = "\n".join([question, *(f"  {change}" for change in changes)])
    if no_input:
        raise Unanswered(f"{shown}\nNothing was written. Fix: run `flask up` without --no-input, and answer.")
    click.echo(shown)
    if not click.confirm("Do that? Make a copy of the data first if you need it.", default=False):
        raise Unanswered("Nothing was written.")


def changes_of(app: Flask, missing: Iterable[str]) -> list[str]:
    """What revisions of the project do besides adding, where the database already has a history.

    A fresh database has nothing to lose, and the framework's own revisions are tested on data.
    """
    from demijohn.migrations.folders import expected_revisions, project_versions
    from demijohn.migrations.standing import applied_revisions

    with app.app_context():
        applied = applied_revisions()
        if not applied:
            return []
        revisions = expected_revisions(app, applied)
        own = [revisions[name].path for name in missing if revisions[name].path.parent == project_versions(app)]
    return [f"{path.name}: {', '.join(calls)}" for path in own if (calls := more_than_additions(path))]


def more_than_additions(revision: Path) -> list[str]:
    """The operations of a revision's `upgrade` that are not additions, read from its source without running it."""
    tree = ast.parse(revision.read_text(encoding="utf-8"))
    upgrades = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    calls = [node.func for upgrade in upgrades for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    named = [f.attr for f in calls if isinstance(f, ast.Attribute) and is_operations(f.value)]
    return list(dict.fromkeys(name for name in named if name not in ADDING))


def is_operations(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id in {"op", "batch_op"}


def create_tables(app: Flask) -> None:
    """Without migrations: make the tables that are missing."""
    from demijohn.database.base import db
    from demijohn.database.ownership import owned_tables

    with app.app_context():
        for key, engine in db.engines.items():
            db.metadatas[key].create_all(engine, tables=owned_tables(app, key))
    click.echo("database: tables made where they were missing")


def forget_connections(app: Flask) -> None:
    """The process that serves opens its own."""
    from demijohn.database.base import db

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def nearby(path: Path) -> str:
    """A path as it is seen from here, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
