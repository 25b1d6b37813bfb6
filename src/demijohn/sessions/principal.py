"""A session as a request found it, and the state of its user; nothing of it outlives the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, session


@dataclass(slots=True, kw_only=True)
class Principal:
    """A session as it was read, and whose it is.

    Attributes:
        digest: of the id that was current when it was read.
        session_renewed_at: when that id was issued.
        retired_at: when the id that the request showed was replaced by a newer one; None if it is current.
        data: Flask's tagged JSON, as stored.
        user: the joined columns by their keys; None without accounts, or if the user is gone. `row.is_active` is
            short for `row.user["is_active"]`, and None if there is no user.
    """

    session_id: int
    digest: str
    user_id: int | None
    session_created_at: datetime
    session_last_seen_at: datetime
    session_expires_at: datetime
    session_renewed_at: datetime
    retired_at: datetime | None
    remember: bool
    data: str
    user: Mapping[str, Any] | None
    keys: tuple[str, ...]

    def __getattr__(self, key: str) -> Any:
        if key not in self.keys:
            raise AttributeError(f"the session's row has no {key!r}; join_user was given {', '.join(self.keys)}.")
        return None if self.user is None else self.user[key]


class Joined:
    """What auth wants read with every session; the row's names are the columns' keys."""

    def __init__(self, table: sa.Table | None = None, columns: Sequence[sa.Column[Any]] = ()) -> None:
        self.table = table
        self.columns = tuple(columns)
        self.keys = tuple(str(column.key) for column in self.columns)

    def user(self, values: Sequence[Any] | None) -> dict[str, Any] | None:
        """The columns by their keys; None if there is no such user."""
        if values is None or all(value is None for value in values):
            return None
        return dict(zip(self.keys, values, strict=True))


def join_user(app: Flask, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> None:
    """Read these columns of the user together with every session; `table.c.id` is matched with the session's user."""
    app.extensions["demijohn.sessions"].backend.join(Joined(table, columns))


def current() -> Principal | None:
    """The row of this request's session and its user's columns; None for a stranger, and once signed in or out.

    Asking marks the session as read.
    """
    own = session._get_current_object()  # type: ignore[attr-defined]
    row: Principal | None = getattr(own, "row", None)
    return row
