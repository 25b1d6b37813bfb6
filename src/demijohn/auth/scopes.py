"""scope: which rows of a model each user sees, and who may see and set its fields; declared once, held everywhere.

Declared beside the models, so it is process-wide as they are; an application is asked about its own models only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from demijohn.errors import SetupError

RowRule = Callable[[Any], Any]
"""Gets the user; returns a condition on the model, True for every row or False for none."""

FieldRule = str | bool | Callable[[Any], bool]
"""A permission's name, a function of the user, or an answer for everybody but superusers."""

F = TypeVar("F", bound=RowRule)


@dataclass(frozen=True, kw_only=True)
class FieldRules:
    """Who may see a field, and who may set it (only of those who see it)."""

    view: FieldRule = True
    edit: FieldRule = True


class Scope:
    """`@scope(Order)` over a function of the user; `scope.select(Order)` for one's own views; `scope.field(...)`."""

    def __init__(self) -> None:
        self.rows: dict[type, RowRule] = {}
        self.fields: dict[tuple[type, str], FieldRules] = {}

    def __call__(self, model: type) -> Callable[[F], F]:
        """Declare which rows of the model, and of the classes that inherit it, a user sees.

        The decorated function gets the signed-in user and returns a condition (`Order.clerk_id == user.id`), True for
        every row or False for none. Superusers are not asked about; strangers see nothing.

        Raises:
            SetupError: the class is not mapped, or has a scope already.
        """
        mapped(model)

        def declare(function: F) -> F:
            old = self.rows.get(model)
            if old is not None and place(old) != place(function):
                raise SetupError(
                    f"{model.__name__} has two scopes: {place(old)} and {place(function)}.",
                    fix="make them one: return sqlalchemy.and_(first condition, second condition).",
                )
            self.rows[model] = function
            return function

        return declare

    def field(self, attribute: Any, *, view: FieldRule = True, edit: FieldRule = True) -> None:
        """Say who may see a field and who may set it: `scope.field(Order.margin, view="order.margin")`.

        Args:
            attribute: a mapped column or relation; the classes that inherit it are held to it too.
            view: what it takes to see it: a permission, a function of the user, or False for nobody.
            edit: what it takes, besides, to set it.

        Raises:
            SetupError: it is no attribute of a model, or has rules already that differ.
        """
        model, name, rules = owner_of(attribute), str(attribute.key), FieldRules(view=view, edit=edit)
        old = self.fields.get((model, name))
        if old is not None and not is_same(old, rules):
            raise SetupError(
                f"scope.field is said twice of {model.__name__}.{name}, and differs.",
                fix="keep one of the two calls.",
            )
        self.fields[model, name] = rules

    def named_permissions(self) -> list[tuple[str, type]]:
        """The permissions that field rules ask for, each with the model that it is about."""
        return [
            (rule, owner)
            for (owner, _), rules in self.fields.items()
            for rule in (rules.view, rules.edit)
            if isinstance(rule, str)
        ]

    def condition(self, model: type, user: Any = None) -> sa.ColumnElement[bool]:
        """What a row must meet for the user (by itself the signed-in one) to see it, for any `.where(...)`."""
        from demijohn.auth.rows import row_condition

        found = row_condition(model, signed_in_user() if user is None else user)
        return sa.true() if found is None else found

    def select(self, model: Any, user: Any = None) -> sa.Select[Any]:
        """`sqlalchemy.select(model)`, of the rows that the user (by itself the signed-in one) sees."""
        return sa.select(model).where(self.condition(model, user))


scope = Scope()


def signed_in_user() -> Any:
    from demijohn.auth.login import current_user

    return current_user


def mapped(model: Any) -> Mapper[Any]:
    mapper = sa.inspect(model, raiseerr=False) if isinstance(model, type) else None
    if mapper is None:
        raise SetupError(
            f"scope({model!r}): this is no mapped class.",
            fix="name a model with a table, as in @scope(Order); classes that inherit it are held to it too.",
        )
    found: Mapper[Any] = mapper
    return found


def owner_of(attribute: Any) -> type:
    """The class that an attribute such as `Order.total` was asked of."""
    owner = getattr(attribute, "class_", None)
    if not isinstance(owner, type) or not hasattr(attribute, "key"):
        raise SetupError(
            f"scope.field({attribute!r}): this is no attribute of a model.",
            fix='name it with its class: scope.field(Order.total, edit="order.reprice").',
        )
    mapped(owner)
    return owner


def place(function: Any) -> str:
    """Where a function is defined, as people find it."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '')}.{name}"


def is_same(one: FieldRules, other: FieldRules) -> bool:
    """Whether two declarations say the same, as when a module is loaded a second time."""
    pairs = ((one.view, other.view), (one.edit, other.edit))
    return all(a == b or (callable(a) and callable(b) and place(a) == place(b)) for a, b in pairs)
