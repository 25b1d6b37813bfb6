"""Whether a user may see or set a field, by the rules declared with `scope.field`."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from sqlalchemy.orm import Mapper

from demijohn.auth.permissions import held_by
from demijohn.auth.scopes import FieldRule, FieldRules, scope
from demijohn.database.base import Model

SETTING = {"create", "edit"}
"""Actions of a permission that set a field; the others show it."""

ANSWERS = "demijohn.auth.fields"


def may_touch(user: Any, permission: str, record: Any, field: str) -> bool:
    """Whether the field's rules let the user do with it what the permission names.

    Args:
        user: active, whoever it is.
        permission: `order.edit`; its table says which model, unless there is a record.
        record: an instance of the model, or None for the field in general.
        field: an attribute, or a path of them (`customer.name`).
    """
    if not scope.fields:
        return True
    kept: dict[Any, bool] = request.environ.setdefault(ANSWERS, {}) if has_request_context() else {}
    key = (user.id, permission, type(record), field)
    if key not in kept:
        table, _, action = permission.rpartition(".")
        models = [type(record)] if sa.inspect(type(record), raiseerr=False) is not None else models_of(table)
        kept[key] = all(
            passes(user, rule) for model in models for rule in rules_on(model, field, is_set=action in SETTING)
        )
    return kept[key]


def models_of(table: str) -> list[type]:
    """The classes mapped on the table of this name."""
    return [m.class_ for m in Model.registry.mappers if getattr(m.local_table, "name", None) == table]


def root_model(table: Any) -> type | None:
    """The class whose records are the table's rows, those of classes that share the table included."""
    own = (m for m in Model.registry.mappers if m.local_table is table)
    return next((m.class_ for m in own if m.inherits is None or m.inherits.local_table is not table), None)


def rules_on(model: type, path: str, *, is_set: bool) -> Iterator[FieldRule]:
    """Every rule that a path of attributes meets."""
    head, _, rest = path.partition(".")
    for rules in found_rules(model, head):
        yield rules.view
        if is_set:
            yield rules.edit
    relation = sa.inspect(model).relationships.get(head) if rest else None
    if relation is not None:
        yield from rules_on(relation.mapper.class_, rest, is_set=False)


def found_rules(model: type, name: str) -> Iterator[FieldRules]:
    """The rules of an attribute, of its other name (a relation and its key are one), in this class or its kin."""
    names = same_value(sa.inspect(model), name)
    for (owner, attribute), rules in scope.fields.items():
        if attribute in names and (issubclass(model, owner) or issubclass(owner, model)):
            yield rules


def same_value(mapper: Mapper[Any], name: str) -> set[str]:
    """The attribute's name, and those under which the same columns go: `customer` and `customer_id`."""
    names = {name}
    for relation in mapper.relationships:
        if relation.direction.name == "MANYTOONE":
            keys = {mapper.get_property_by_column(column).key for column in relation.local_columns}
            if name == relation.key or name in keys:
                names |= {relation.key, *keys}
    return names


def passes(user: Any, rule: FieldRule) -> bool:
    if isinstance(rule, str):
        return rule in held_by(user)
    if user.is_superuser:
        return True
    return rule if isinstance(rule, bool) else bool(rule(user))
