"""Which second factors people have set up, whatever the kind; every kind is asked in the same way."""

from typing import Any

import sqlalchemy as sa

from demijohn.auth.capability import SecondFactor
from demijohn.auth.extension import auth_of
from demijohn.database.base import db


def second_factors() -> list[SecondFactor]:
    """The kinds this application offers, in the order of its capabilities."""
    return [factor for capability in auth_of().capabilities for factor in capability.second_factors]


def factors_of(user: Any) -> list[SecondFactor]:
    """The kinds that this user has set up."""
    return [factor for factor in second_factors() if holds(factor, user.id)]


def has_second_factor(user: Any) -> bool:
    """Whether the user has set up any."""
    return any(holds(factor, user.id) for factor in second_factors())


def holds(factor: SecondFactor, user_id: int) -> bool:
    return bool(holders_among(factor, [user_id]))


def users_with_second_factor(user_ids: list[int]) -> set[int]:
    """Those of these users who have set up any; one statement for each kind."""
    return set().union(*(holders_among(factor, user_ids) for factor in second_factors()))


def holders_among(factor: SecondFactor, user_ids: list[int]) -> set[int]:
    statement = factor.holders()
    (user_id,) = statement.selected_columns
    with db.session.no_autoflush:
        return set(db.session.scalars(statement.where(user_id.in_(user_ids))))


def holders_of_any() -> sa.Select[tuple[int]] | None:
    """A SELECT of the ids of everybody who has set up any kind; None where no kind is offered."""
    selects = [factor.holders() for factor in second_factors()]
    if not selects:
        return None
    found = sa.union(*selects).subquery()
    return sa.select(found.c[0])
