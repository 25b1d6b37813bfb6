"""`flask up`, `check`, `settings` and `batteries`: loaded by every `flask` program, so click alone is imported here.

They run before, and without, a loadable application. What they do is in `demijohn.cli.<command>`.
"""

from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.option("--no-input", is_flag=True, help="Never ask; what would be asked is exit 1, with nothing written.")
@click.option("--yes", is_flag=True, help="Go on though the database is on another machine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to serve on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to serve on; 5000 or the next free one.")
@click.pass_context
def up(ctx: click.Context, /, **options: Any) -> None:
    """Check, migrate, make the first administrator, serve."""
    from demijohn.cli.up import run

    run(ctx, **options)


@click.command()
@click.option("--deploy", is_flag=True, help="Ask what production asks as well.")
@click.option(
    "--fail-level",
    type=click.Choice(["info", "warning", "error"]),
    default="error",
    show_default=True,
    help="The least level that makes the exit status 1.",
)
@JSON
@click.pass_context
def check(ctx: click.Context, /, **options: Any) -> None:
    """Say what is wrong, and what to type."""
    from demijohn.cli.check import run

    run(ctx, **options)


@click.command()
@click.option("--origin", is_flag=True, help="Say who said each value.")
@click.option("--env", "as_env", is_flag=True, help="Print as a .env file; secrets are left out.")
@JSON
@click.pass_context
def settings(ctx: click.Context, /, **options: Any) -> None:
    """Show every setting, secrets masked."""
    from demijohn.cli.show import run

    run(ctx, **options)


@click.command()
@JSON
@click.pass_context
def batteries(ctx: click.Context, /, **options: Any) -> None:
    """Show what is on or off, why, and what it registered."""
    from demijohn.cli.batteries import run

    run(ctx, **options)
