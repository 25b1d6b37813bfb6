"""explain: the facts behind `can()`, gathered for the page and the command that say why somebody may or may not."""

import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import current_app

from demijohn.auth.fieldrules import SETTING, models_of, passes, root_model, rules_on
from demijohn.auth.guards import Refused
from demijohn.auth.models import Role, RolePermission, UserBase
from demijohn.auth.permissions import ADMIN_ACCESS, unknown_permissions
from demijohn.auth.reasons import Explanation, Facts, explained
from demijohn.auth.rows import in_scope
from demijohn.auth.scopes import FieldRule, place, scope
from demijohn.database.base import db

LARGEST = 2**63 - 1


def explain(
    user: UserBase,
    permission: str,
    *,
    key: str | None = None,
    field: str | None = None,
    is_there: Callable[[Any], bool] = lambda record: True,  # noqa: ARG005 - who asks may see every row
) -> Explanation:
    """Why the user may or may not; answers as `can()` does.

    Args:
        permission: `order.edit`, or a name that nobody can hold.
        key: the record's key as text, its parts joined by commas; None for the permission in general.
        field: an attribute of the permission's model.
        is_there: whether a record exists for whoever asks, who is told nothing of rows out of their own sight.

    Raises:
        Refused: the permission is not about a table, so it has no records and no fields.
    """
    app: Any = current_app
    unknown = unknown_permissions(app._get_current_object(), [permission])
    model = None if key is None and field is None else model_behind(permission)
    record = None if key is None or model is None else find(model, key)
    record = record if record is not None and is_there(record) else None
    giving, others = holders(user, permission)
    return explained(
        Facts(
            who=user.email,
            permission=permission,
            is_known=permission not in unknown,
            nearest=unknown.get(permission),
            is_active=user.is_active,
            is_superuser=user.is_superuser,
            roles=tuple(role.name for role in user.roles),
            giving=giving,
            others=others,
            is_entry=permission == ADMIN_ACCESS,
            row=None if key is None or model is None else name_of(model, key),
            row_is_there=record is not None,
            row_is_seen=record is not None and in_scope(user, record),
            scopes=() if record is None else scopes_of(type(record)),
            field=field,
            field_rules=() if field is None else rules_of(user, permission, record, field),
        )
    )


def holders(user: UserBase, permission: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the roles that hold the permission: the user's own, and the others."""
    holding = sa.select(Role.name).join(RolePermission).order_by(Role.name).distinct()
    if permission != ADMIN_ACCESS:
        holding = holding.where(RolePermission.permission == permission)
    names = list(db.session.scalars(holding))
    own = {role.name for role in user.roles}
    return tuple(n for n in names if n in own), tuple(n for n in names if n not in own)


def model_behind(permission: str) -> type:
    """The model of a permission's table.

    Raises:
        Refused: it has none.
    """
    table = permission.rpartition(".")[0]
    model = next((root_model(sa.inspect(cls).local_table) for cls in models_of(table)), None)
    if model is None:
        raise Refused(f"{permission} is not about a table, so it has no records and no fields.")
    return model


def find(model: type, key: str) -> Any:
    """The record of this key; None if there is none, or no record can have it."""
    columns: tuple[Any, ...] = sa.inspect(model).primary_key
    texts = key.split(",") if len(columns) > 1 else [key]
    if len(texts) != len(columns) or "\x00" in key:
        return None
    try:
        parts = tuple(read(column, text.strip()) for column, text in zip(columns, texts, strict=True))
        return db.session.get(model, parts)
    except ValueError:
        return None


def read(column: Any, text: str) -> Any:
    return READERS.get(column.type.python_type, str)(text)


def whole(text: str) -> int:
    value = int(text) if len(text) < 20 and text.isascii() else LARGEST + 1
    if abs(value) > LARGEST:
        raise ValueError(text)
    return value


READERS: dict[Any, Any] = {int: whole, uuid.UUID: uuid.UUID}


def name_of(model: type, key: str) -> str:
    return f"{model.__name__} {key}"


def scopes_of(model: type) -> tuple[str, ...]:
    """Where the scopes are that say who sees a record of this class."""
    return tuple(place(function) for cls, function in scope.rows.items() if issubclass(model, cls))


def rules_of(user: UserBase, permission: str, record: Any, field: str) -> tuple[tuple[str, bool], ...]:
    table, _, action = permission.rpartition(".")
    models = models_of(table) if record is None else [type(record)]
    rules = dict.fromkeys(r for model in models for r in rules_on(model, field, is_set=action in SETTING))
    return tuple((asked(rule), user.is_active and passes(user, rule)) for rule in rules if rule is not True)


def asked(rule: FieldRule) -> str:
    """What a rule asks for, in words."""
    if isinstance(rule, str):
        return rule
    return f"what {place(rule)} says" if callable(rule) else "a superuser"
