"""The first administrator of a development database: made once, named at every start."""

import secrets

import click
from flask import Flask

from demijohn.state import state_of

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def announce_administrator(app: Flask) -> None:
    """Make an administrator if nobody has an account yet, else say who it is and how to set a new password."""
    if not state_of(app).has("auth"):
        return
    from sqlalchemy import select

    from demijohn.auth.models import user_class
    from demijohn.database.base import db

    user = user_class()
    with app.app_context():
        if db.session.scalar(select(user.id).limit(1)) is None:
            make_administrator(app)
            return
        query = select(user.email).where(user.is_superuser, user.is_active).order_by(user.id)
        email = db.session.scalar(query.limit(1))
    if email is None:
        click.echo("no administrator: make one with  flask user promote EMAIL")
    else:
        click.echo(f"administrator: {email}   (a new password: flask user password {email})")


def make_administrator(app: Flask) -> None:
    from demijohn.auth.models import user_class
    from demijohn.auth.passwords import hash_password
    from demijohn.database.base import db

    email, password = first_address(app.name), new_password()
    user = user_class()(email=email, name="Administrator", password_hash=hash_password(password), is_superuser=True)
    db.session.add(user)
    db.session.commit()
    click.echo(f"administrator: {email}")
    click.echo(f"password:      {password}   (shown this once)")


def first_address(application: str) -> str:
    """`admin@shop.localhost`: a name that no mail can reach."""
    label = "".join(character if character.isalnum() else "-" for character in application.lower()).strip("-")
    return f"admin@{label or 'app'}.localhost"


def new_password() -> str:
    """Three words that mean nothing and four digits: 9 x log2(70) + log2(10,000) = 68 bits."""
    words = ["".join(secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(3)) for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04}"])
