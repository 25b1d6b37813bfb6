"""A search over the records of every view: a few of each, within a time, only what the person asking may see."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload

from demijohn.admin.keys import key_text, parse_key
from demijohn.admin.kinds import mapper_of, to_one_relations
from demijohn.admin.scoping import for_me
from demijohn.auth.access import current_user
from demijohn.auth.rows import know_rows
from demijohn.database.timelimit import time_limit, was_cut_off

OF_EACH = 5
"""Records of one model that are offered; our choice."""
SECONDS = 1.5
"""What a whole search may take; our choice: longer and people wait at every letter."""
SHORTEST = 2
"""Letters that are searched for at least."""
LONGEST = 100
REMEMBERED = 10
"""Records seen last that are named again."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record that was found."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """What one view has: its name, its first records, and the list that has them all."""

    name: str
    records: list[Found]
    list_url: str
    has_more: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a search found.

    Attributes:
        skipped: names of the views that there was no time left for.
    """

    groups: list[Group]
    skipped: list[str]


def search(views: Iterable[Any], text: str) -> Answer:
    """The first records of each view that hold every word of the text; views without searchable columns have none.

    What is called so itself comes before what is only related to it.
    """
    groups, skipped = [], []
    end = time.monotonic() + SECONDS
    for view in views:
        left = end - time.monotonic()
        records = records_of(view, text, seconds=left) if left > 0 else None
        if records is None:
            skipped.append(str(view.name))
        elif records:
            groups.append(group_of(view, records, text))
    groups.sort(key=lambda group: not any(is_called(found.title, text) for found in group.records))
    return Answer(groups=groups, skipped=skipped)


def records_of(view: Any, text: str, *, seconds: float) -> list[Any] | None:
    """The view's first records that hold the text, one more than is offered; None if there was not the time."""
    view.build()
    if not view.permitted_search():
        return []
    session = view.db_session
    try:
        with time_limit(session.connection(bind_arguments={"mapper": mapper_of(view.model)}), seconds=seconds):
            condition = view.found_by(text)  # of a big table, what is quick to find
            if condition is None:
                return []
            rows = for_me(view.get_query(), view.model).filter(condition)
            records = list(named(view, rows).limit(OF_EACH + 1).all())
    except DBAPIError as error:
        if not was_cut_off(error):
            raise
        session.rollback()
        return None
    return permitted(view, records)


def named(view: Any, query: Any) -> Any:
    """The query with what the records' names may need, so that naming them asks nothing more."""
    return query.options(*(joinedload(getattr(view.model, name)) for name in to_one_relations(view.model)))


def permitted(view: Any, records: list[Any]) -> list[Any]:
    know_rows(current_user, records)
    return [record for record in records if view.permits("view", record)]


def group_of(view: Any, records: list[Any], text: str) -> Group:
    shown = [found_of(view, record) for record in records[:OF_EACH]]
    shown.sort(key=lambda found: not is_called(found.title, text))
    list_url = view.get_url(f"{view.endpoint}.index_view", search=text)
    return Group(name=str(view.name), records=shown, list_url=list_url, has_more=len(records) > OF_EACH)


def is_called(title: str, text: str) -> bool:
    return title.casefold().startswith(text.strip().casefold())


def found_of(view: Any, record: Any) -> Found:
    page = "details_view" if view.can_view_details else "edit_view" if view.can_edit else "index_view"
    url = view.get_url(f"{view.endpoint}.{page}", id=key_text(record))
    return Found(title=str(record), url=url)


def seen_again(views: dict[str, Any], places: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Found]]:
    """Table and record of what somebody looked at before, without what is gone or not for them any more."""
    for table, key in places:
        view = views.get(table)
        identity = parse_key(view.model, key) if view is not None else None
        if view is None or identity is None:
            continue
        record = view.get_one(key)
        if record is not None and permitted(view, [record]):
            yield str(view.name), found_of(view, record)
