"""Who is acting, over which channel: read from the request or the command at the moment of the change."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click
from flask import Flask, current_app, g, has_app_context, has_request_context, request

from demijohn import clock
from demijohn.audit.settings import AuditSettings

KEY = "demijohn.audit"
CHANNEL = "demijohn.audit.channel"
"""The environ's key for the channel, where a context like a request's is none: no header can set it."""

ActorSource = Callable[[], tuple[int, str] | int | None]
"""Returns the acting user as `(id, label)` or only the id; None when nobody is signed in."""


def nobody() -> None:
    return None


@dataclass(kw_only=True)
class Audit:
    """Kept at `app.extensions["demijohn.audit"]` while the battery is on."""

    section: AuditSettings
    actor_source: ActorSource = field(default=nobody)


def audit_of(app: Flask | None = None) -> Audit | None:
    """This application's audit, or the current one's; None where the battery is off."""
    if app is None:
        if not has_app_context():
            return None
        app = current_app
    found: Audit | None = app.extensions.get(KEY)
    return found


def channel() -> str:
    if has_request_context():
        return str(request.environ.get(CHANNEL, "web"))
    command = click.get_current_context(silent=True)
    if command is None:
        return "job"
    return "shell" if command.info_name == "shell" else "command"


def circumstances(audit: Audit) -> dict[str, Any]:
    """The columns every entry of this moment shares."""
    actor_id, actor = actor_now(audit)
    over = channel()
    return {
        "at": clock.now(),
        "actor_id": actor_id,
        "actor": actor or (operator() if over in {"command", "shell"} else None),
        "channel": over,
        "request_id": request_id(),
        "address": (request.remote_addr or "")[:64] or None if over == "web" else None,
    }


def actor_now(audit: Audit) -> tuple[int | None, str | None]:
    said = audit.actor_source()
    if said is None:
        return None, None
    return said if isinstance(said, tuple) else (said, None)


def request_id() -> str | None:
    found = g.get("request_id")
    return str(found)[:128] if found else None


def operator() -> str | None:
    """The name of the person at the terminal, as the machine knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return None
