"""What stands in the way of a delete: records of other tables whose foreign key points here."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from demijohn.admin.formatting import noun
from demijohn.admin.kinds import attribute_of, mapper_of
from demijohn.admin.lists.totals import COUNT_LIMIT, count_text
from demijohn.database.base import db

GIVES_WAY = {"CASCADE", "SET NULL", "SET DEFAULT"}


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """Records that use the one to be deleted: `12 orders use this customer`."""

    text: str
    count: int
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One foreign-key column that points to a model, and the mapped class that holds it (None for a bare table)."""

    column: sa.Column[Any]
    target: sa.Column[Any]
    holder: type | None


def references_to(model: type) -> list[Reference]:
    """Foreign keys that would block a delete: not those that the database or the mapping takes along or empties."""
    mapper = mapper_of(model)
    table: Any = mapper.local_table
    holders = {m.local_table: m.class_ for m in mapper.registry.mappers}
    found: list[Reference] = []
    for other in table.metadata.tables.values():
        found += [
            Reference(column=key.parent, target=key.column, holder=holders.get(other))
            for key in other.foreign_keys
            if key.column.table is table and (key.ondelete or "").upper() not in GIVES_WAY
        ]
    return [reference for reference in found if not _is_taken_along(mapper, reference)]


def _is_taken_along(mapper: Any, reference: Reference) -> bool:
    for relation in mapper.relationships:
        if relation.secondary is not None and reference.column.table is relation.secondary:
            return True
        if reference.column in relation.remote_side and relation.direction.name == "ONETOMANY":
            return bool(relation.cascade.delete or reference.column.nullable)
    return False


def blockers_of(view: Any, record: Any, tables: set[str], views: dict[str, Any]) -> list[Blocker]:
    """What uses this record.

    Args:
        view: the view of the record.
        record: the one to be deleted.
        tables: names of the tables that this application has in its database.
        views: table -> its view, for the tables this person may view.
    """
    found = []
    for reference in references_to(view.model):
        if reference.column.table.name in tables:
            value = getattr(record, attribute_of(view.model, reference.target))
            count = _count(reference, value)
            if count:
                found.append(_blocker(view, reference, value, count, views.get(reference.column.table.name)))
    return found


def _count(reference: Reference, value: Any) -> int:
    rows = sa.select(sa.literal(1)).select_from(reference.column.table).where(reference.column == value)
    capped = rows.limit(COUNT_LIMIT + 1).subquery()
    bind = {"mapper": reference.holder} if reference.holder is not None else {}
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(capped), bind_arguments=bind) or 0)


def _blocker(view: Any, reference: Reference, value: Any, count: int, other: Any) -> Blocker:
    thing = noun(reference.holder) if reference.holder is not None else reference.column.table.name.replace("_", " ")
    many = count != 1
    words = f"{count_text(count)} {plural(thing) if many else thing} {'use' if many else 'uses'}"
    return Blocker(
        text=f"{words} this {noun(view.model)}",
        count=count,
        url=filtered_list(other, reference, value) if other is not None else None,
    )


def filtered_list(view: Any, reference: Reference, value: Any) -> str | None:
    """The address of the list of records that hold this key."""
    view.build()
    for index, flt in enumerate(view._filters or ()):
        if flt.operation() == "equals" and getattr(flt, "column", None) in {reference.column, *_attributes(reference)}:
            return str(
                view.get_url(f"{view.endpoint}.index_view", **{f"flt0_{view.get_filter_arg(index, flt)}": value})
            )
    return str(view.get_url(f"{view.endpoint}.index_view"))


def _attributes(reference: Reference) -> list[Any]:
    if reference.holder is None:
        return []
    return [getattr(reference.holder, attribute_of(reference.holder, reference.column))]


def plural(thing: str) -> str:
    """An English noun in the plural, by the common rules."""
    if thing.endswith(("s", "x", "z", "ch", "sh")):
        return f"{thing}es"
    if thing.endswith("y") and thing[-2:-1] not in "aeiou":
        return f"{thing[:-1]}ies"
    return f"{thing}s"
