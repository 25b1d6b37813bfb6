"""How the application is, in a few lines for superusers: what /readyz asks, mail that waits, background work."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.admin.board.tiles import dashboard_of
from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.words import gettext, ngettext
from demijohn.auth.access import current_user
from demijohn.database.base import db
from demijohn.state import state_of

PROBE_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing: its name, how it is, and where there is more."""

    name: str
    text: str
    is_well: bool = True
    url: str | None = None


def sees_system() -> bool:
    return bool(current_user.is_superuser)


def system_lines(app: Flask, views: dict[str, Any]) -> list[Line]:
    return [*probe_lines(app), *mail_lines(views), *job_lines()]


def probe_lines(app: Flask) -> list[Line]:
    """The services that /readyz asks about."""
    if not state_of(app).has("observability"):
        return []
    from demijohn.observability.health import Prober

    board = dashboard_of(app)
    board.prober = board.prober or Prober(app, wait_seconds=PROBE_SECONDS)
    found: dict[str, str | None] = board.prober.ask()
    return [
        Line(name=name.capitalize(), text=problem or gettext("well"), is_well=not problem)
        for name, problem in found.items()
    ]


def mail_lines(views: dict[str, Any]) -> list[Line]:
    """Mail that waits, and mail that was given up."""
    if not state_of().has("mail"):
        return []
    from demijohn.mail.models import OutgoingMail

    counts = counted(OutgoingMail.state)
    waiting, failed = counts.get("waiting", 0), counts.get("failed", 0)
    view = views.get("outgoing_mail")
    text = gettext("%(waiting)d waiting, %(failed)d given up", waiting=waiting, failed=failed)
    url = view.get_url(f"{view.endpoint}.index_view") if view is not None else None
    return [Line(name=gettext("Outgoing mail"), text=text, is_well=not failed, url=url)]


def job_lines() -> list[Line]:
    """Background work that is under way, and that went wrong."""
    counts = counted(AdminJob.state)
    busy, failed = counts.get("queued", 0) + counts.get("running", 0), counts.get("failed", 0)
    text = ngettext("%(num)d piece under way", "%(num)d pieces under way", busy)
    text = f"{text}, {gettext('%(failed)d failed', failed=failed)}" if failed else text
    return [Line(name=gettext("Background work"), text=text, is_well=not failed)]


def counted(state: Any) -> dict[str, int]:
    """State -> how many rows are in it."""
    rows: Any = db.session.execute(sa.select(state, sa.func.count()).group_by(state))
    return dict(rows.all())
