"""What the security battery keeps for one application, at `app.extensions["demijohn.security"]`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask

from demijohn.errors import SetupError
from demijohn.redis.server import has_redis, redis_of
from demijohn.security.backends.base import Throttles
from demijohn.security.backends.memory import MemoryThrottles
from demijohn.security.backends.spare import ThrottlesWithSpare
from demijohn.security.settings import SecuritySettings, ThrottleBackend
from demijohn.state import state_of

NAME = "demijohn.security"


@dataclass(kw_only=True)
class Security:
    """The settings, and where throttles count.

    Attributes:
        warned: what was logged already, so that it is said once.
        without_cookie: whether a request names its sender by a header that no other site can make a browser send, so
            that forgery needs no token; one answer of yes is enough.
    """

    section: SecuritySettings
    throttles: Throttles
    warned: set[str] = field(default_factory=set)
    without_cookie: list[Callable[[], bool]] = field(default_factory=list)


def extension_of(app: Flask) -> Security:
    """The battery's own object of this application."""
    found: Security = app.extensions[NAME]
    return found


def remember(app: Flask, section: SecuritySettings) -> None:
    app.extensions[NAME] = Security(section=section, throttles=chosen_throttles(app, section))


def throttle_backend(app: Flask, section: SecuritySettings) -> ThrottleBackend:
    """Where throttles count: where the setting says, else in the most widely shared place there is."""
    if section.throttle_backend is not None:
        return section.throttle_backend
    if has_redis(app):
        return "redis"
    return "database" if state_of(app).has("database") else "memory"


def chosen_throttles(app: Flask, section: SecuritySettings) -> Throttles:
    """A store that every process shares, or memory where there is none.

    Raises:
        SetupError: the store that was chosen is not there.
    """
    backend = throttle_backend(app, section)
    if backend == "memory":
        return MemoryThrottles()
    if backend == "redis":
        from demijohn.security.backends.redis import RedisThrottles

        return ThrottlesWithSpare(RedisThrottles(redis_of(app)))
    if not state_of(app).has("database"):
        raise SetupError(
            "security.throttle_backend is 'database', but the database is off.", fix="FLASK_FEATURES__DATABASE=true"
        )
    from demijohn.security.backends.table import TableThrottles

    return ThrottlesWithSpare(TableThrottles(app))


def probe_throttles(app: Flask) -> str | None:
    """What `/readyz` asks: whether throttles count for all processes, where they are meant to."""
    throttles = extension_of(app).throttles
    return throttles.probe() if isinstance(throttles, ThrottlesWithSpare) else None
