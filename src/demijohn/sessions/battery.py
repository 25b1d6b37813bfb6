"""Sessions in a table, behind Flask's own `session`."""

from urllib.parse import urlsplit

from flask import Flask

from demijohn.battery import Battery
from demijohn.contributions import Job, Probe
from demijohn.sessions import pruning
from demijohn.sessions.checks import CHECKS, probe_sessions
from demijohn.sessions.interface import Cookie, TableSessionInterface
from demijohn.sessions.models import RetiredSessionId, UserSession
from demijohn.sessions.settings import SessionsSettings
from demijohn.sessions.store import Store, chosen_backend
from demijohn.state import state_of


def init(app: Flask, section: SessionsSettings) -> None:
    cookie = cookie_of(app, section)
    app.config.update(
        SESSION_COOKIE_NAME=cookie.name,
        SESSION_COOKIE_PATH=cookie.path,
        SESSION_COOKIE_SECURE=cookie.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    admin = state_of(app).sections.get("admin")
    admin_path = str(getattr(admin, "url", "/admin")).rstrip("/")
    store = Store(section, chosen_backend(app, section), admin_path=admin_path)
    app.extensions["demijohn.sessions"] = store
    app.session_interface = TableSessionInterface(store, cookie)


def cookie_of(app: Flask, section: SessionsSettings) -> Cookie:
    """The cookie's name and flags.

    A prefix makes browsers refuse one that another host or plain http planted: `__Host-` for the whole host,
    `__Secure-` below a path (RFC 6265bis 4.1.3).
    """
    state = state_of(app)
    name: str = app.config["SESSION_COOKIE_NAME"]
    mounted = urlsplit(state.public_url or "").path.rstrip("/")
    path: str = app.config["SESSION_COOKIE_PATH"] or mounted or app.config["APPLICATION_ROOT"] or "/"
    secure = state.environment == "production" and not section.insecure_cookie
    if secure and not name.startswith("__"):
        name = f"__Host-{name}" if path == "/" else f"__Secure-{name}"
    return Cookie(name=name, path=path, secure=secure)


def models(section: SessionsSettings) -> tuple[type, ...]:
    del section
    return (UserSession, RetiredSessionId)


battery = Battery(
    name="sessions",
    section=SessionsSettings,
    init=init,
    needs=("database",),
    models=models,
    checks=CHECKS,
    probes=(Probe(name="sessions", run=probe_sessions, is_vital=False),),
    jobs=(Job(name="ended sessions", run=pruning.prune, waiting=pruning.ended, prunes=True),),
)
