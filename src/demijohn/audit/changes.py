"""What one flush changed, record by record: read from the unit of work, before and after it wrote."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Mapper, Session, UOWTransaction
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE, LoaderCallableStatus

State = InstanceState[Any]
Values = dict[State, dict[str, Any]]

NAMES_OF_RECORDS = ("name", "title", "email", "label", "code")


@dataclass(kw_only=True)
class Before:
    """What only `before_flush` can see.

    Attributes:
        old: values that the session had not loaded, read before the flush overwrites them.
        expressions: old value and the SQL that a column was set to; the flush forgets both.
    """

    old: Values = field(default_factory=dict)
    expressions: Values = field(default_factory=dict)


@dataclass(kw_only=True)
class Change:
    """One record's part of a flush; `fields` is field -> (old, new), as the columns hold them."""

    action: str
    state: State
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def is_audited(table: Any) -> bool:
    """Whether changes of this table are logged: all are, but those declared with `info={"audit": False}`."""
    return bool(getattr(table, "info", {}).get("audit", True))


def look_before(session: Session) -> Before:
    """Notes what the flush will make forgotten: one SELECT per class that has values not loaded, mostly none."""
    before = Before()
    unknown: dict[Mapper[Any], list[State]] = {}
    for instance in (*session.dirty, *session.deleted):
        state: State = sa.inspect(instance)
        if not is_audited(state.mapper.local_table):
            continue
        before.expressions[state] = {
            name: (state.committed_state.get(name), value)
            for name, value in state.dict.items()
            if isinstance(value, sa.ClauseElement)
        }
        if unloaded(state):
            unknown.setdefault(state.mapper, []).append(state)
    for mapper, states in unknown.items():
        before.old.update(load(session, mapper, states))
    return before


def unloaded(state: State) -> list[str]:
    """Columns whose value in the database this session does not know."""
    names = []
    for prop in state.mapper.column_attrs:
        old = state.committed_state.get(prop.key, state.dict.get(prop.key, LoaderCallableStatus.NO_VALUE))
        if not prop.deferred and (isinstance(old, LoaderCallableStatus) or replaced_in_place(state, prop.key)):
            names.append(prop.key)
    return names


def replaced_in_place(state: State, name: str) -> bool:
    """Whether a mutable value (a JSON document) was changed inside, so that its old form is gone from memory."""
    return name in state.committed_state and state.committed_state[name] is state.dict.get(name)


def load(session: Session, mapper: Mapper[Any], states: list[State]) -> Values:
    names = sorted({name for state in states for name in unloaded(state)})
    columns = [mapper.column_attrs[name].columns[0].label(f"value_{i}") for i, name in enumerate(names)]
    keys = [column.label(f"key_{i}") for i, column in enumerate(mapper.primary_key)]
    wanted = sa.tuple_(*mapper.primary_key).in_([state.identity for state in states])
    if len(mapper.primary_key) == 1:
        wanted = mapper.primary_key[0].in_([identity(state)[0] for state in states])
    query = sa.select(*keys, *columns).select_from(mapper.selectable).where(wanted)
    rows = session.connection(bind_arguments={"mapper": mapper}).execute(query)
    found = {tuple(row[: len(keys)]): dict(zip(names, row[len(keys) :], strict=True)) for row in rows}
    return {state: found.get(identity(state), {}) for state in states}


def identity(state: State) -> tuple[Any, ...]:
    return tuple(state.identity or ())


def changes_of(session: Session, flush: UOWTransaction, before: Before) -> Iterator[Change]:
    """Every record this flush created, changed or deleted; asked after it wrote and before the session forgets.

    `flush.states` also holds what cascades and orphan rules added, which `session.deleted` does not.
    """
    created = session.new
    for state, (is_delete, only_listed) in list(flush.states.items()):
        instance = state.obj()
        if instance is None or not is_audited(state.mapper.local_table):
            continue
        if is_delete:
            if state.key is not None:
                yield Change(action="delete", state=state, fields=deleted_fields(state, before))
        elif instance in created:
            yield Change(action="create", state=state, fields=created_fields(state))
        elif not only_listed:
            fields = updated_fields(state, before)
            if fields:
                yield Change(action=marking(state, fields) or "update", state=state, fields=fields)


def marking(state: State, fields: dict[str, tuple[Any, Any]]) -> str | None:
    """`soft_delete` or `restore`, where the mark of a `SoftDeleted` record was set or taken away."""
    columns = state.mapper.columns
    name = next((name for name in fields if name in columns and columns[name].info.get("marks_deletion")), None)
    if name is None:
        return None
    old, new = fields[name]
    return "soft_delete" if old is None and new is not None else "restore" if new is None else None


def table_of(state: State) -> str:
    return str(getattr(state.mapper.local_table, "name", state.mapper.local_table))


def key_of(state: State) -> str:
    values = state.identity or state.mapper.primary_key_from_instance(state.obj())
    return ",".join(str(value) for value in values)


def created_fields(state: State) -> dict[str, tuple[Any, Any]]:
    values = {prop.key: state.dict.get(prop.key) for prop in state.mapper.column_attrs}
    return {name: (None, value) for name, value in values.items() if value is not None} | many_to_many(state)


def deleted_fields(state: State, before: Before) -> dict[str, tuple[Any, Any]]:
    values = {prop.key: state.dict.get(prop.key) for prop in state.mapper.column_attrs} | before.old.get(state, {})
    return {name: (value, None) for name, value in values.items() if value is not None}


def updated_fields(state: State, before: Before) -> dict[str, tuple[Any, Any]]:
    known = before.old.get(state, {})
    expressions = before.expressions.get(state, {})
    fields: dict[str, tuple[Any, Any]] = {}
    for prop in state.mapper.column_attrs:
        name = prop.key
        history = state.get_history(name, PASSIVE_NO_INITIALIZE)
        old = next(iter(history.deleted), known.get(name))
        if name in expressions:
            fields[name] = (known.get(name, expressions[name][0]), expressions[name][1])
        elif history.added and old != history.added[0]:
            fields[name] = (old, history.added[0])
    return fields | many_to_many(state)


def many_to_many(state: State) -> dict[str, tuple[Any, Any]]:
    """Relationships kept in a table of their own: the records taken away and those added."""
    fields: dict[str, tuple[Any, Any]] = {}
    for relationship in state.mapper.relationships:
        if relationship.secondary is None or relationship.viewonly:
            continue
        history = state.get_history(relationship.key, PASSIVE_NO_INITIALIZE)
        if history.added or history.deleted:
            fields[relationship.key] = (names_of(history.deleted), names_of(history.added))
    return fields


def names_of(instances: Iterable[Any]) -> list[str]:
    """Keys of records, with a name if one is in memory: `3 (Managers)`. Never loads anything."""
    names = []
    for instance in instances:
        state: State = sa.inspect(instance)
        label = next((state.dict[name] for name in NAMES_OF_RECORDS if isinstance(state.dict.get(name), str)), None)
        names.append(f"{key_of(state)} ({label})" if label else key_of(state))
    return sorted(names)
