"""What an application remembers of how it was put together; nothing here is shared between applications."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Flask, current_app

from demijohn.battery import Battery
from demijohn.section import Section

Environment = Literal["development", "testing", "production"]


@dataclass(frozen=True)
class Registered:
    """The names a battery put on the application while it started."""

    blueprints: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()

    @classmethod
    def on(cls, app: Flask, before: "Registered | None" = None) -> "Registered":
        """Everything on the application, less what was there before."""
        known = before or cls()
        return cls(
            tuple(name for name in app.blueprints if name not in known.blueprints),
            tuple(name for name in app.cli.commands if name not in known.commands),
            tuple(name for name in app.view_functions if name not in known.endpoints),
        )


@dataclass(kw_only=True)
class State:
    """Kept at `app.extensions["demijohn"]`.

    Attributes:
        name: the application's, as people see it.
        batteries: those that are on, in starting order.
        reasons: battery name -> why it is on or off, in words for `flask batteries`.
        sections: battery name -> its settings.
        settings: the root settings (batteries never read them; `current_settings` hands them to the project).
        public_url: where people reach the application, without a trailing slash; None if not set.
        passed_models, passed_views: what `create_app` was given.
        costs: battery name -> seconds its start took.
        registered: battery name -> what it put on the application.
    """

    name: str
    batteries: tuple[Battery[Any], ...]
    reasons: Mapping[str, str]
    sections: Mapping[str, Section]
    settings: Any
    environment: Environment
    public_url: str | None
    passed_models: tuple[type, ...] = ()
    passed_views: tuple[Any, ...] = ()
    costs: dict[str, float] = field(default_factory=dict)
    registered: dict[str, Registered] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the battery is on."""
        return any(battery.name == name for battery in self.batteries)

    def contributed(self, kind: str) -> list[tuple[Battery[Any], Any]]:
        """Every contribution of one kind (a field of Battery), with the battery it came from, in starting order."""
        found: list[tuple[Battery[Any], Any]] = []
        for battery in self.batteries:
            value = getattr(battery, kind)
            if callable(value):
                value = value(self.sections[battery.name])
            items = value if isinstance(value, tuple) else (value,)
            found += [(battery, item) for item in items if item is not None]
        return found


def state_of(app: Flask | None = None) -> State:
    """The state of this application, or of the current one."""
    state: State = (app or current_app).extensions["demijohn"]
    return state
