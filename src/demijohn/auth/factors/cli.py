"""`flask user reset-two-factor`."""

import click
from flask.cli import with_appcontext

from demijohn.auth.accounts import find_user
from demijohn.auth.factors.changes import reset_second_factors
from demijohn.auth.factors.registry import factors_of


@click.command("reset-two-factor")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def reset_two_factor(email: str, yes: bool) -> None:  # noqa: FBT001
    """Take a user's second factors away, because they are lost."""
    user = find_user(email)
    if user is None:
        raise click.ClickException(f"There is no user {email}. See them all: flask user list")
    labels = " and ".join(factor.label for factor in factors_of(user)) or "no second factor"
    if not yes:
        click.confirm(f"{user.email} has {labels}. Make sure it is they who ask. Reset and sign out?", abort=True)
    reset_second_factors(user)
    click.echo(f"reset the second factors of {user.email}; all sessions are ended")
