"""What auth keeps for one application, at `app.extensions["demijohn.auth"]`."""

from dataclasses import dataclass

from flask import Flask, current_app

from demijohn.auth.passwords import Passwords
from demijohn.auth.settings import AuthSettings


@dataclass(frozen=True, kw_only=True)
class Auth:
    """The settings, and the hashing made from them."""

    section: AuthSettings
    passwords: Passwords


def remember(app: Flask, section: AuthSettings) -> None:
    app.extensions["demijohn.auth"] = Auth(section=section, passwords=Passwords(section))


def auth_of(app: Flask | None = None) -> Auth:
    """The accounts of this application, or of the current one."""
    auth: Auth = (app or current_app).extensions["demijohn.auth"]
    return auth
