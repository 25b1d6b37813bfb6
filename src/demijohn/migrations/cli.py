"""`flask db …`: Flask-Migrate's commands over all branches, with screens instead of tracebacks."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from alembic import command
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.migrations import running
from demijohn.migrations.autopilot import is_empty
from demijohn.migrations.folders import project_folder, project_versions
from demijohn.migrations.resetting import reset
from demijohn.migrations.review import locks, losses, possible_renames, risky_additions, words
from demijohn.migrations.revisions import read_revisions
from demijohn.migrations.screens import screens
from demijohn.migrations.seeding import seed
from demijohn.migrations.standing import applied_revisions
from demijohn.migrations.writing import next_place, write_revision

F = TypeVar("F", bound=Callable[..., Any])
SQL = click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Say more.")


def current() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


group = click.Group("db", help="Change the database: write and apply revisions, fill and empty it.")


def subcommand(name: str) -> Callable[[F], Any]:
    """A command of the group, in the application's context, whose errors are screens."""

    def register(function: F) -> Any:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with screens(current()):
                return function(*args, **kwargs)

        return group.command(name)(with_appcontext(run))

    return register


@subcommand("init")
def init() -> None:
    """Write the migrations folder (`migrate` does it by itself)."""
    made = running.make_folder(current())
    click.echo(f"wrote {made}" if made else f"{project_folder(current())} is there already")


@subcommand("migrate")
@click.option("-m", "--message", help="What changes, in a few words.")
def migrate(message: str | None) -> None:
    """Compare the models with the database and write the next revision."""
    written = write_revision(current(), message, accept=describe)
    click.echo(f"wrote {written}\nnext: read it, then flask db upgrade" if written else "nothing changed")


def describe(found: list[Any]) -> None:
    """Say what the revision does, what it loses, and which locks it takes."""
    for op in found:
        click.echo(f"  {words(op)}")
    for loss in losses(found):
        click.secho(f"warning: {loss} loses what is in it", fg="yellow", err=True)
    for hint in [*possible_renames(found), *risky_additions(found, is_empty)]:
        click.secho(f"warning: {hint}", fg="yellow", err=True)
    click.echo("locks on PostgreSQL:")
    for lock in locks(found):
        click.echo(f"  {lock}")


@subcommand("revision")
@click.option("-m", "--message", help="What changes, in a few words.")
def revision(message: str | None) -> None:
    """Write an empty revision on the project's branch, to be filled by hand."""
    app = current()
    running.make_folder(app)
    written = command.revision(running.configuration(app), message, **next_place(app))
    click.echo(f"wrote {getattr(written, 'path', '')}")


@subcommand("upgrade")
@click.argument("revision", default="heads")
@click.option("--tag", help="A word handed to env.py.")
@SQL
def upgrade(revision: str, tag: str | None, sql: bool) -> None:  # noqa: FBT001 - a flag of the command
    """Apply revisions: all that are missing, or up to REVISION."""
    applied: list[str] = []

    def report(*, step: Any, **_: Any) -> None:
        applied.append(step.up_revision_id)
        click.echo(f"applied {step.up_revision_id}: {step.up_revision.doc}")

    running.upgrade(current(), revision, report=report, sql=sql, tag=tag)
    if not applied and not sql:
        click.echo("nothing to apply")


@subcommand("downgrade")
@click.argument("revision", required=False)
@SQL
def downgrade(revision: str | None, sql: bool) -> None:  # noqa: FBT001
    """Take back the project's last revision, or go back to REVISION."""
    app = current()
    target = revision or one_back(app)
    command.downgrade(running.configuration(app, writes=True), target, sql=sql)
    click.echo(f"now at {target}")


def one_back(app: Flask) -> str:
    """What the project's last applied revision follows."""
    own = read_revisions([project_versions(app)])
    applied = (applied_revisions() or frozenset()) & set(own)
    if not applied:
        raise click.ClickException("no revision of the project is applied.")
    last = own[min(applied)]
    return last.follows[0] if last.follows else f"{last.id}@base"


@subcommand("current")
@VERBOSE
def show_current(verbose: bool) -> None:  # noqa: FBT001
    """Show what the database stands at."""
    command.current(running.configuration(current()), verbose=verbose)


@subcommand("history")
@click.option("-r", "--rev-range", help="From and to: `a:b`.")
@VERBOSE
@click.option("-i", "--indicate-current", is_flag=True, help="Mark what the database stands at.")
def history(rev_range: str | None, verbose: bool, indicate_current: bool) -> None:  # noqa: FBT001
    """List the revisions, newest first."""
    command.history(running.configuration(current()), rev_range, verbose=verbose, indicate_current=indicate_current)


@subcommand("heads")
@VERBOSE
def show_heads(verbose: bool) -> None:  # noqa: FBT001
    """Show the last revision of each branch."""
    command.heads(running.configuration(current()), verbose=verbose)


@subcommand("branches")
@VERBOSE
def show_branches(verbose: bool) -> None:  # noqa: FBT001
    """Show where histories part."""
    command.branches(running.configuration(current()), verbose=verbose)


@subcommand("show")
@click.argument("revision", default="heads")
def show(revision: str) -> None:
    """Show one revision."""
    command.show(running.configuration(current()), revision)


@subcommand("stamp")
@click.argument("revision", default="heads")
@click.option("--purge", is_flag=True, help="Forget what the version table holds first.")
@SQL
def stamp(revision: str, purge: bool, sql: bool) -> None:  # noqa: FBT001
    """Note that the database stands at REVISION, without running anything."""
    command.stamp(running.configuration(current(), writes=True), revision, sql=sql, purge=purge)
    click.echo(f"stamped {revision}")


@subcommand("merge")
@click.argument("revisions", nargs=-1, required=True)
@click.option("-m", "--message", help="Title of the merge.")
def merge(revisions: tuple[str, ...], message: str | None) -> None:
    """Join several ends of the project's history."""
    command.merge(running.configuration(current()), revisions, message=message)


@subcommand("check")
def check() -> None:
    """Whether the models and the database agree (exit 1 if not)."""
    command.check(running.configuration(current(), opts=["autogenerate"]))


group.add_command(seed)
group.add_command(reset)
