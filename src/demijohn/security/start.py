"""What the security battery keeps for one application, at `app.extensions["demijohn.security"]`."""

from dataclasses import dataclass, field

from flask import Flask

from demijohn.security.backends.base import Throttles
from demijohn.security.backends.memory import MemoryThrottles
from demijohn.security.settings import SecuritySettings
from demijohn.state import state_of

NAME = "demijohn.security"


@dataclass(kw_only=True)
class Security:
    """The settings, and where throttles count.

    Attributes:
        warned: what was logged already, so that it is said once.
    """

    section: SecuritySettings
    throttles: Throttles
    warned: set[str] = field(default_factory=set)


def extension_of(app: Flask) -> Security:
    """The battery's own object of this application."""
    found: Security = app.extensions[NAME]
    return found


def remember(app: Flask, section: SecuritySettings) -> None:
    app.extensions[NAME] = Security(section=section, throttles=chosen_throttles(app))


def chosen_throttles(app: Flask) -> Throttles:
    """The table that every process shares, or memory where there is no database."""
    if not state_of(app).has("database"):
        return MemoryThrottles()
    from demijohn.security.backends.table import TableThrottles

    return TableThrottles(app)
