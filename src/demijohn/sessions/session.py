"""TableSession: Flask's `session` over a row that is only read when somebody asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import g, has_app_context
from flask.sessions import SessionMixin

from demijohn.sessions import ids

USER = "_user_id"
WATCHED = frozenset({USER, "_fresh"})
"""Flask-Login's keys: a change of one is a rise (or fall) in privilege, whoever makes it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the store found for an id: the row, what it holds, and why it is over.

    Attributes:
        is_over: a limit has ended it, or a copy of its id was shown.
        is_replayed: the latter.
    """

    row: Any
    data: dict[str, Any]
    is_over: bool = False
    is_replayed: bool = False


class TableSession(SessionMixin):
    """The session of one request.

    Attributes:
        cookie: the id the browser sent, if it is well-formed.
        id: the id whose seed this response's CSRF tokens use; None until one is needed. What the browser gets at the
            end has the same seed.
        read: whether anybody looked, so that the response depends on the cookie.
        modified: whether there is something to write; set it yourself after changing a nested value.
        stored: the row this session had when it was read; None for a stranger or before anybody asked.
        begins_anew: `stored` is not continued: a sign-in, a sign-out, or a limit.
        is_replayed: the cookie holds an id that was replaced, so somebody has a copy of it.
    """

    def __init__(self, cookie: str | None, find: Callable[[str], Found | None], csrf_key: str) -> None:
        self.cookie = cookie
        self.id = cookie
        self.read = False
        self.modified = False
        self.stored: Any = None
        self.begins_anew = False
        self.is_replayed = False
        self._find = find
        self._csrf_key = csrf_key
        self._data: dict[str, Any] | None = None

    @property
    def accessed(self) -> bool:
        """Whether anybody looked. Flask sets this at every touch of the proxy, which says nothing: ignored."""
        return self.read

    @accessed.setter
    def accessed(self, value: bool) -> None:
        del value

    @property
    def data(self) -> dict[str, Any]:
        """What it holds, loaded when first asked for."""
        self.read = True
        if self._data is None:
            self._data = self._first_look()
        return self._data

    @property
    def is_loaded(self) -> bool:
        """Whether the row was asked for; a form alone does not."""
        return self._data is not None

    @property
    def row(self) -> Any | None:
        """The row as this request found it; None for a stranger, and once this request signed in or out."""
        return self.stored if self.data is not None and not self.begins_anew else None

    def __getitem__(self, key: str) -> Any:
        return self.csrf_secret() if key == self._csrf_key else self.data[key]

    def __contains__(self, key: object) -> bool:
        return key == self._csrf_key or key in self.data

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<TableSession {'read' if self.read else 'not read'}>"  # never the id or the data

    def __setitem__(self, key: str, value: Any) -> None:
        if key == self._csrf_key:
            raise TypeError(f"session[{key!r}] is computed from the session's id; it cannot be set.")
        if key in WATCHED and self.data.get(key) != value:
            self._rise(key)
        self.data[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        if key == self._csrf_key:  # how people ask for a new token
            self.rotate_id()
            return
        del self.data[key]
        self.modified = True
        if key == USER:
            self._begin_anew()

    def clear(self) -> None:
        """Forget everything, the id included."""
        self.modified = self.modified or bool(self.data)
        self.data.clear()
        self._begin_anew()

    def csrf_secret(self) -> str:
        """The secret behind this session's CSRF tokens; gives a stranger an id without a row."""
        self.read = True
        self.id = self.id or ids.stranger_id()
        return ids.csrf_secret(self.id)

    def rotate_id(self) -> None:
        """Take a new id and a new CSRF secret; the old ones are worth nothing from the next request on."""
        self.modified = self.modified or bool(self.data)
        self.id = None
        if has_app_context():
            g.pop(self._csrf_key, None)  # Flask-WTF keeps the token of this response there

    def _first_look(self) -> dict[str, Any]:
        found = self._find(self.cookie) if self.cookie and ids.may_have_row(self.cookie) else None
        if found is None:
            return {}
        self.stored = found.row
        self.is_replayed = found.is_replayed
        if found.is_over:  # the row goes when the response does; until then this is a stranger
            self.begins_anew = self.modified = True
            return {}
        return found.data

    def _rise(self, key: str) -> None:
        if key == USER:
            if self.data.get(USER) is not None:
                self.data.clear()  # what one user left is not for the next
            self._begin_anew()
        else:
            self.rotate_id()

    def _begin_anew(self) -> None:
        self.begins_anew = True
        self.rotate_id()
