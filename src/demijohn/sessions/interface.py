"""The session interface that Flask asks: opens from the cookie alone, saves when the response is ready."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from demijohn.database.busy import why_unavailable
from demijohn.errorpages import replace_by_error_page
from demijohn.redis.server import RedisAway
from demijohn.sessions import ids
from demijohn.sessions.session import USER, TableSession
from demijohn.sessions.store import Store, Written

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """How the id travels."""

    name: str
    path: str
    secure: bool


class TableSessionInterface(SessionInterface):
    """Flask's session over the store."""

    def __init__(self, store: Store, cookie: Cookie) -> None:
        self.store = store
        self.cookie = cookie

    def open_session(self, app: Flask, request: Request) -> TableSession:
        sent = request.cookies.get(self.cookie.name) if "HTTP_COOKIE" in request.environ else None
        return TableSession(
            ids.well_formed(sent),
            find=partial(find_in_context, app, self.store, request.path),
            csrf_key=app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"),
        )

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, TableSession)  # noqa: S101 - we opened it
        if session.read:
            forbid_storing(response)
        try:
            written = self._store(session, response)
        except (DBAPIError, PoolTimeoutError, RedisAway) as error:
            if not isinstance(error, RedisAway) and why_unavailable(error) is None:
                raise
            app.logger.warning("The session could not be written (%s). Answered 503.", type(error).__name__)
            replace_by_error_page(response, 503, retry_after_seconds=RETRY_AFTER_SECONDS)
            return
        finally:
            note_user(session, request)
            session.modified = False  # Flask saves again after an error; once is enough
        if written is not None:
            self._send(session, written, response)

    def _store(self, session: TableSession, response: Response) -> Written | None:
        """Write what there is to write; None if the browser is to keep what it has."""
        if session.modified and (session.data or session.stored is not None):
            return self.store.write(session, request)
        if session.id != session.cookie:
            return Written(id=session.id)
        row = session.row if session.is_loaded else None
        if row is None or response.is_streamed or not self.store.is_to_note(row):
            return None
        try:
            return self.store.touch(session)
        except (DBAPIError, PoolTimeoutError, RedisAway):  # nobody should fail for this; the next request tries again
            return None

    def _send(self, session: TableSession, written: Written, response: Response) -> None:
        options: dict[str, Any] = {"path": self.cookie.path, "secure": self.cookie.secure}
        options |= {"httponly": True, "samesite": "Lax"}
        if written.id is None:
            if session.cookie is not None:
                response.delete_cookie(self.cookie.name, **options)
        elif written.id != session.cookie or written.expires_at is not None:
            response.set_cookie(self.cookie.name, written.id, expires=written.expires_at, **options)


def find_in_context(app: Flask, store: Store, path: str, session_id: str) -> Any:
    """Look up an id; the test client's `session_transaction` asks outside any context."""
    with app.app_context():
        return store.find(session_id, path)


def note_user(session: TableSession, request: Request) -> None:
    """Say who asked, for the line in the log, if the session was read anyway."""
    if session.is_loaded and USER in session:
        request.environ["demijohn.user_id"] = session[USER]


def forbid_storing(response: Response) -> None:
    """The response depends on the cookie: no cache may keep it, unless the view said `private` itself."""
    response.vary.add("Cookie")
    if not response.cache_control.private:
        response.cache_control.clear()
        response.cache_control.no_store = True
