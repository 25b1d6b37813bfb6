"""Set-up faults of registration, found when the application starts. Imports none of its pages."""

from flask import Flask

from demijohn.auth.models import required_columns, user_class
from demijohn.auth.settings import AuthSettings
from demijohn.errors import SetupError
from demijohn.state import state_of


def refuse_faulty_entry(app: Flask, section: AuthSettings) -> None:
    """Say at once what would keep people from getting in later.

    Raises:
        SetupError: mail is off, or the user class has a column that nobody could fill in.
    """
    if section.registration != "closed":
        refuse_without_mail(app, f"auth.registration={section.registration}", "FLASK_AUTH__REGISTRATION=closed")
        refuse_unasked_columns()
    if section.magic_link:
        refuse_without_mail(app, "auth.magic_link", "FLASK_AUTH__MAGIC_LINK=false")


def refuse_without_mail(app: Flask, what: str, way_out: str) -> None:
    if not state_of(app).has("mail"):
        raise SetupError(f"{what} works by mail, and mail is off.", fix=f"set FLASK_FEATURES__MAIL=true, or {way_out}.")


def refuse_unasked_columns() -> None:
    user = user_class()
    missing = [name for name in required_columns(user) if not hasattr(user.registration_fields, name)]
    if missing:
        name = missing[0]
        raise SetupError(
            f"{user.__name__}.{name} must be given and has no default, so nobody can register.",
            fix=f"give it one: {name}: Mapped[...] = mapped_column(default=...), or ask for it: a WTForms form "
            f"with a field {name} as {user.__name__}.registration_fields.",
        )
