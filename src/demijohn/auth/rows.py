"""Which rows of scoped models a user sees: the condition for queries, and the answer for records at hand.

Answers are kept for one request, and forgotten whenever it writes or locks; nothing read outlives the request.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from sqlalchemy import event
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction, UOWTransaction, object_session
from werkzeug.local import LocalProxy

from demijohn.auth.scopes import place, scope
from demijohn.database.base import db
from demijohn.errors import SetupError

CONDITIONS = "demijohn.auth.conditions"
ANSWERS = "demijohn.auth.rows"
"""Where one request keeps what it has worked out (keys of its environ)."""

AT_ONCE = 500
"""Records that one statement answers for; our choice."""

Condition = sa.ColumnElement[bool]
Place = tuple[type, tuple[Any, ...]]


def row_condition(model: type, user: Any) -> Condition | None:
    """What a row must meet for the user to see it; None for every row.

    A class inherits the scopes of its parents, and what a child class leaves out is left out of its parent's rows too.

    Raises:
        SetupError: a scope returned something that is no condition on its own model.
    """
    if not scope.rows or not is_scoped(model):
        return None
    person = user._get_current_object() if isinstance(user, LocalProxy) else user
    if not getattr(person, "is_authenticated", False) or not person.is_active:
        return sa.false()
    if person.is_superuser:
        return None
    kept: dict[Any, Condition | None] = request.environ.setdefault(CONDITIONS, {}) if has_request_context() else {}
    if (model, person.id) not in kept:
        kept[model, person.id] = worked_out(model, person)
    return kept[model, person.id]


def is_scoped(model: type) -> bool:
    """Whether rows of this model can be kept from somebody."""
    return any(issubclass(model, scoped) or issubclass(scoped, model) for scoped in scope.rows)


def worked_out(model: type, user: Any) -> Condition | None:
    mapper: Mapper[Any] = sa.inspect(model)
    own = [answer(cls, user) for cls in scope.rows if issubclass(model, cls)]
    below = [within(mapper, cls, answer(cls, user)) for cls in children(model)]
    conditions = [condition for condition in (*own, *below) if condition is not None]
    return sa.and_(*conditions) if conditions else None


def children(model: type) -> Iterator[type]:
    return (cls for cls in scope.rows if issubclass(cls, model) and cls is not model)


def answer(model: type, user: Any) -> Condition | None:
    """What the model's own scope says, checked; None for every row."""
    function = scope.rows[model]
    said = function(user)
    said = said.__clause_element__() if hasattr(said, "__clause_element__") else said  # a bare Order.is_public
    if isinstance(said, bool):
        return None if said else sa.false()
    if not isinstance(said, sa.ColumnElement):
        raise SetupError(
            f"the scope {place(function)} of {model.__name__} returned {type(said).__name__}, which is no condition.",
            fix="return a condition such as Order.clerk_id == user.id, True for every row or False for none.",
        )
    refuse_strangers(model, said)
    return said


def refuse_strangers(model: type, condition: Condition) -> None:
    """Refuse a condition on another table that nothing ties to the model's: it would hold for every row or none."""
    own: set[Any] = set(sa.inspect(model).tables)
    others = [f for f in sa.select(sa.literal(1)).where(condition).get_final_froms() if f not in own]
    if others:
        name = str(getattr(others[0], "name", others[0]))
        raise SetupError(
            f"the scope {place(scope.rows[model])} of {model.__name__} names {name!r} without tying it to a row.",
            fix=f"go through the relation, {model.__name__}.<relation>.has(...), or a key: "
            f"{model.__name__}.<key>.in_(select(...)).",
        )


def within(mapper: Mapper[Any], child: type, condition: Condition | None) -> Condition | None:
    """The condition on a parent's rows that keeps out what a child class's scope keeps out."""
    if condition is None:
        return None
    keys = mapper.primary_key
    one = sa.tuple_(*keys) if len(keys) > 1 else keys[0]
    every = sa.select(*keys).select_from(child)
    if (single := single_table(mapper, child)) is not None:
        every = every.where(single)
    return sa.or_(one.not_in(every), one.in_(every.where(condition)))


def single_table(mapper: Mapper[Any], child: type) -> Condition | None:
    """What tells a child's rows from others of the same table; None if it has a table of its own."""
    below: Mapper[Any] = sa.inspect(child)
    if below.local_table is not mapper.local_table or mapper.polymorphic_on is None:
        return None
    return mapper.polymorphic_on.in_([m.polymorphic_identity for m in below.self_and_descendants])


def in_scope(user: Any, record: Any) -> bool:
    """Whether the user sees this record, as the database has it; one that is not stored yet is judged when it is.

    One statement answers for every record of its class that the session holds, so asking about many costs one.
    """
    state = sa.inspect(record, raiseerr=False)
    if state is None or not hasattr(state, "identity"):
        return True
    model = type(record)
    condition = row_condition(model, user)
    if condition is None or state.identity is None:
        return True
    if isinstance(condition, sa.False_):
        return False
    answers = answers_for(user)
    key = (model, tuple(state.identity))
    if key not in answers:
        ask(condition, answers, record)
    return answers[key]


def answers_for(user: Any) -> dict[Place, bool]:
    """What this request knows of the user's rows."""
    if not has_request_context():
        return {}
    kept: dict[int, dict[Place, bool]] = request.environ.setdefault(ANSWERS, {})
    return kept.setdefault(user.id, {})


def ask(condition: Condition, answers: dict[Place, bool], record: Any) -> None:
    """Find out about this record, and about others of its class in the same session that nobody has asked about."""
    session = object_session(record) or db.session()
    model, key = wanted = place_of(record)
    others = [place_of(one) for one in list(session.identity_map.values()) if type(one) is model]
    unknown = [other for other in others if other not in answers and other != wanted][: AT_ONCE - 1]
    keys = [key, *(other_key for _, other_key in unknown)]
    columns: tuple[Any, ...] = sa.inspect(model).primary_key
    chosen = columns[0].in_([k for (k,) in keys]) if len(columns) == 1 else sa.tuple_(*columns).in_(keys)
    seen = sa.select(*columns).select_from(model).where(chosen, condition)
    with session.no_autoflush:
        found = {tuple(row) for row in session.execute(seen, bind_arguments={"mapper": sa.inspect(model)})}
    answers |= {(model, k): k in found for k in keys}


def place_of(record: Any) -> Place:
    return type(record), tuple(sa.inspect(record).identity or ())


def know_rows(user: Any, records: Iterable[Any]) -> None:
    """Note that these records were just read under the user's condition."""
    if scope.rows and getattr(user, "is_authenticated", False):
        answers_for(user).update((place_of(r), True) for r in records if is_scoped(type(r)))


def forget_rows() -> None:
    """Ask the database again: rows may have changed."""
    if has_request_context():
        request.environ.pop(ANSWERS, None)


@event.listens_for(db.session, "after_flush")
def forget_after_flush(session: Session, context: UOWTransaction) -> None:
    del session, context
    forget_rows()


@event.listens_for(db.session, "after_soft_rollback")
def forget_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    del session, previous_transaction
    forget_rows()


@event.listens_for(db.session, "do_orm_execute")
def forget_after_bulk(state: ORMExecuteState) -> None:
    if state.is_update or state.is_delete or state.is_insert:
        forget_rows()
