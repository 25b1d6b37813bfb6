"""The first administrator of a development database: made once, named at every start."""

import click
from flask import Flask

from demijohn.state import state_of


def announce_administrator(app: Flask, *, program: str = "flask") -> None:
    """Make an administrator if nobody has an account yet, else say who it is and how to set a new password.

    Args:
        program: how this program was called, to be typed again: `flask --app shop`.
    """
    if not state_of(app).has("auth"):
        return
    from demijohn.auth.bootstrap import Created, ensure_first_administrator

    found = ensure_first_administrator(app)
    if isinstance(found, Created):
        click.echo(f"administrator: {found.email}")
        click.echo(f"password:      {found.password}   (shown this once)")
    elif found.emails:
        email = found.emails[0]
        click.echo(f"administrator: {email}   (a new password: {program} user password {email})")
    else:
        click.echo(f"no administrator: make one with  {program} user promote EMAIL")
