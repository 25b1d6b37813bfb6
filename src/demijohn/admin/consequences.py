"""What a delete does to records of other tables whose foreign key points here: takes along, empties or is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from demijohn.admin.formatting import noun
from demijohn.admin.kinds import attribute_of, mapper_of, mark_of
from demijohn.admin.lists.totals import COUNT_LIMIT, count_text
from demijohn.admin.words import gettext
from demijohn.database.base import db

Effect = Literal["blocks", "deleted", "emptied", "unlinked"]
RULES: dict[str, Effect] = {"CASCADE": "deleted", "SET NULL": "emptied", "SET DEFAULT": "emptied"}


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """Records that use the ones to be deleted, and what becomes of them: `12 orders use this customer`."""

    effect: Effect
    text: str
    count: int
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One foreign-key column that points to a model, and the mapped class that holds it (None for a bare table)."""

    column: sa.Column[Any]
    target: sa.Column[Any]
    holder: type | None
    effect: Effect


def references_to(model: type) -> list[Reference]:
    """Foreign keys that point to this model; what becomes of their rows is the mapping's word, else the table's."""
    mapper = mapper_of(model)
    table: Any = mapper.local_table
    holders = {m.local_table: m.class_ for m in mapper.registry.mappers}
    return [
        Reference(column=key.parent, target=key.column, holder=holders.get(other), effect=_effect(mapper, key))
        for other in table.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table
    ]


def _effect(mapper: Any, key: sa.ForeignKey) -> Effect:
    column, rule = key.parent, RULES.get((key.ondelete or "").upper(), "blocks")
    for relation in mapper.relationships:
        if relation.secondary is not None and column.table is relation.secondary:
            return "unlinked"
        if column in relation.remote_side and relation.direction.name == "ONETOMANY":
            if relation.cascade.delete:
                return "deleted"
            return "emptied" if column.nullable and not relation.passive_deletes else rule
    return rule


def consequences_of(
    view: Any, records: Sequence[Any], tables: set[str], views: dict[str, Any], effects: Iterable[Effect]
) -> list[Consequence]:
    """What uses these records, by one statement for each foreign key.

    Args:
        view: the view of the records.
        records: those to be deleted.
        tables: names of the tables that this application has in its database.
        views: table -> its view, for the tables this person may view.
        effects: of which effects.
    """
    mark = mark_of(view.model)
    is_marking = mark is not None and any(getattr(record, mark) is None for record in records)
    found = []
    for reference in references_to(view.model):
        table = reference.column.table.name
        if table in tables and reference.effect in effects and not (is_marking and stays(reference)):
            values = [getattr(record, attribute_of(view.model, reference.target)) for record in records]
            count = _count(reference, values, present_only=is_marking)
            if count:
                found.append(_consequence(view, reference, values, count, views.get(table)))
    return found


def stays(reference: Reference) -> bool:
    """Whether records are left as they are where those they use are only marked as deleted."""
    is_marked = reference.holder is not None and mark_of(reference.holder) is not None
    return reference.effect in {"emptied", "unlinked"} or (reference.effect == "deleted" and not is_marked)


def _count(reference: Reference, values: list[Any], *, present_only: bool) -> int:
    rows = sa.select(sa.literal(1)).select_from(reference.column.table).where(reference.column.in_(values))
    holder = reference.holder if present_only else None
    if holder is not None and (mark := mark_of(holder)) is not None:
        rows = rows.where(mapper_of(holder).columns[mark].is_(None))
    capped = rows.limit(COUNT_LIMIT + 1).subquery()
    bind = {"mapper": reference.holder} if reference.holder is not None else {}
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(capped), bind_arguments=bind) or 0)


def _consequence(view: Any, reference: Reference, values: list[Any], count: int, other: Any) -> Consequence:
    thing = noun(reference.holder) if reference.holder is not None else reference.column.table.name.replace("_", " ")
    things = f"{count_text(count)} {plural(thing) if count != 1 else thing}"
    url = None
    if other is not None:
        url = filtered_list(other, reference, values[0]) if len(values) == 1 else other.get_url(".index_view")
    return Consequence(
        effect=reference.effect, text=_text(view, reference, things, count, len(values)), count=count, url=url
    )


def _text(view: Any, reference: Reference, things: str, count: int, records: int) -> str:
    if reference.effect == "deleted":
        return gettext("%(things)s, deleted with it", things=things)
    if reference.effect == "emptied":
        return gettext("%(things)s, kept without it", things=things)
    one = noun(view.model)
    used = f"this {one}" if records == 1 else f"these {plural(one)}"
    return f"{things} {'use' if count != 1 else 'uses'} {used}"


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
