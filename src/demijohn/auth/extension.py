"""What auth keeps for one application, at `app.extensions["demijohn.auth"]`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Flask, current_app

from demijohn.auth.capability import Capability
from demijohn.auth.passwords import Passwords
from demijohn.auth.settings import AuthSettings


@dataclass(frozen=True, kw_only=True)
class Auth:
    """The settings, what they switch on, and the hashing made from them.

    Attributes:
        named_permissions: what pages ask for that belong to no table, besides `auth.permissions`.
    """

    section: AuthSettings
    passwords: Passwords
    capabilities: Sequence[Capability]
    named_permissions: list[str] = field(default_factory=list)


def remember(app: Flask, section: AuthSettings, capabilities: Sequence[Capability]) -> None:
    passwords = Passwords(section)
    app.extensions["demijohn.auth"] = Auth(section=section, passwords=passwords, capabilities=capabilities)


def auth_of(app: Flask | None = None) -> Auth:
    """The accounts of this application, or of the current one."""
    auth: Auth = (app or current_app).extensions["demijohn.auth"]
    return auth
