"""The rows of an export, read 500 at a time in a session of their own (of the class that all listeners watch).

A plain list is read as rows, without making objects of them; related records are named for 500 rows at a time, and
their names are kept for the next ones.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from demijohn.admin.kinds import attribute_of, column_of, mapper_of, to_one_relations
from demijohn.admin.scoping import HIDDEN, rows_for_me
from demijohn.database.base import db

AT_A_TIME = 500
MOST_TITLES = 10_000
"""Names of related records that are kept for each column, about 1 MB; our choice."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to read and how its columns become cells.

    Attributes:
        statement: the rows of the list, sorted and filtered.
        names: attributes in the order of the cells.
        relations: those of them that are related records -> (mapped class, position of the key in the row).
        conditions: what a related record must meet to be named, where not all are for the person asking.
    """

    statement: Any
    names: list[str]
    relations: dict[str, tuple[type, int]]
    conditions: dict[type, Any]


def rows_of(view: Any, query: Any, names: list[str]) -> Iterator[list[Any]]:
    """The cells of each row under these names."""
    bind = view.db_session.get_bind(view.model.__mapper__)
    plan = plan_for(view, query, names)
    if plan is not None:
        return plain_rows(bind, plan)
    return record_rows(view, bind, query.options(*view.eager_options()).statement, names)


def plan_for(view: Any, query: Any, names: list[str]) -> Plan | None:
    """How to read plain rows; None if a column needs the project's own code."""
    model = view.model
    relations = to_one_relations(model)
    columns: list[Any] = []
    keys: dict[str, tuple[type, int]] = {}
    for position, name in enumerate(names):
        relation = relations.get(name)
        if name in (view.column_formatters_export or {}) or name in view._column_choices_map:
            return None
        if relation is not None and len(relation.local_columns) == 1 and _points_to_key(relation):
            keys[name] = (relation.mapper.class_, position)
            name = attribute_of(model, next(iter(relation.local_columns)))  # noqa: PLW2901
        if column_of(model, name) is None:
            return None
        columns.append(getattr(model, name))
    conditions = {related: rows_for_me(related) for related, _ in keys.values()}
    statement = query.with_entities(*columns).statement
    return Plan(statement=statement, names=names, relations=keys, conditions=conditions)


def record_rows(view: Any, bind: Any, statement: Any, names: list[str]) -> Iterator[list[Any]]:
    options = {"yield_per": AT_A_TIME}
    with (
        db.session.session_factory(bind=bind) as session,
        closing(session.scalars(statement.execution_options(**options))) as found,
    ):
        for record in found:
            yield [view.get_export_value(record, name) for name in names]
            session.expunge(record)


def _points_to_key(relation: Any) -> bool:
    return tuple(relation.remote_side) == tuple(relation.mapper.primary_key)


def plain_rows(bind: Any, plan: Plan) -> Iterator[list[Any]]:
    statement = plan.statement.execution_options(yield_per=AT_A_TIME)
    titles: dict[str, dict[Any, str]] = {name: {} for name in plan.relations}
    with db.session.session_factory(bind=bind) as session, closing(session.execute(statement)) as rows:
        for part in rows.partitions():
            learn_titles(session, plan, part, titles)
            for row in part:
                yield [titles[n].get(v) if n in titles else v for n, v in zip(plan.names, row, strict=True)]


def learn_titles(session: Session, plan: Plan, part: Any, titles: dict[str, dict[Any, str]]) -> None:
    """Add to `titles` (column -> key -> text) the related records of these rows that it lacks."""
    for name, (model, at) in plan.relations.items():
        known = titles[name]
        if len(known) > MOST_TITLES:
            known.clear()
        lacking = {row[at] for row in part} - known.keys() - {None}
        known |= titles_of(session, lacking, model, plan.conditions[model])


def titles_of(session: Session, keys: set[Any], model: type, condition: Any) -> dict[Any, str]:
    """Key -> text of these related records; HIDDEN for those that do not meet the condition, if there is one."""
    if not keys:
        return {}
    (column,) = mapper_of(model).primary_key
    name = attribute_of(model, column)
    wanted: Any = sa.select(model).where(column.in_(keys))
    records: Any = session.scalars(wanted if condition is None else wanted.where(condition)).unique()
    found = {} if condition is None else dict.fromkeys(keys, HIDDEN)
    found |= {getattr(record, name): str(record) for record in records}
    session.expunge_all()
    return found
