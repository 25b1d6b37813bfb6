"""Which records a bulk action is about: those whose boxes were ticked, or everything that a list's query finds."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from demijohn.admin.digests import digester
from demijohn.admin.keys import keys_text
from demijohn.admin.kinds import mapper_of
from demijohn.admin.savedviews.queries import canonical_text, pairs_of
from demijohn.admin.scoping import for_me
from demijohn.auth.access import current_user
from demijohn.auth.rows import forget_rows, know_rows

MOST = 1_000
"""Records that one bulk action takes; our choice: they are locked, compared and written in one transaction."""
CHUNK = 200

Key = tuple[Any, ...]


def keys_matching(view: Any, query: str, most: int = MOST) -> list[Key]:
    """The keys of what the list shows for this query, at most one more than `most`."""
    given = MultiDict(pairs_of(canonical_text(query)))
    rows = view.list_query(given.get("search"), view.filters_among(given))
    columns = mapper_of(view.model).primary_key
    found = rows.with_entities(*columns).order_by(None).order_by(*columns).limit(most + 1)
    return list(dict.fromkeys(tuple(row) for row in found))


def locked(view: Any, keys: Sequence[Key], rows: Any = None) -> list[Any]:
    """The records of these keys that the view shows to the person asking, their rows held until commit.

    `rows` is where they are looked for, if not among all that the view shows.
    """
    session, model = view.db_session, view.model
    columns = mapper_of(model).primary_key
    ordered = sorted(keys, key=str)  # everybody locks in one order, so that nobody waits for each other
    found: list[Any] = []
    for start in range(0, len(ordered), CHUNK):
        wanted = among(columns, ordered[start : start + CHUNK])
        session.execute(
            sa.select(*columns).where(wanted).order_by(*columns).with_for_update(of=mapper_of(model).local_table)
        )
        shown = (
            (for_me(view.get_query(), model) if rows is None else rows)
            .filter(wanted)
            .order_by(*columns)
            .populate_existing()
        )
        found += list(shown.all())
    forget_rows()
    know_rows(current_user, found)
    return found


def among(columns: Sequence[Any], keys: Sequence[Key]) -> Any:
    return sa.tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([key for (key,) in keys])


def keys_digest(keys: Sequence[Key]) -> str:
    """One digest of which records these are, whatever they are like."""
    return hashlib.sha256("\n".join(map(keys_text, keys)).encode()).hexdigest()


def group_digest(view: Any, records: Sequence[Any]) -> str:
    """One signed digest of all these records as they are now: of which they are, and of what the list shows of each."""
    digest = digester(view.model, view.digest_names())
    return hashlib.sha256("".join(digest(record) for record in records).encode()).hexdigest()
