"""Conditional fields: those that make sense only where another field of the form has certain values.

The page hides them (static/forms.js); the server neither checks nor writes what is out of place, whatever is sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wtforms.fields import BooleanField

from demijohn.admin.forms import attribute_name
from demijohn.errors import SetupError


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A field is in place where the field `on` has one of these values."""

    on: str
    values: tuple[Any, ...]


def conditions_of(view: Any) -> dict[str, Condition]:
    """Field -> its condition, of `form_conditions = {"vat_number": ("kind", Kind.COMPANY)}`.

    Raises:
        SetupError: one is not of this form.
    """
    found = {}
    for name, given in dict(view.form_conditions or {}).items():
        if not isinstance(given, tuple) or len(given) != 2 or not isinstance(given[0], str):
            raise SetupError(
                f"{type(view).__name__}.form_conditions holds {given!r} for {name!r}, which is no condition.",
                fix=f'write {{"{name}": ("other_field", value)}}, or a list of values.',
            )
        on, value = given
        values = tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
        found[str(name)] = Condition(on=on, values=values)
    return found


def refuse_loose_conditions(view: Any, known: Iterable[str]) -> None:
    """Raise if a condition names a field that no form of the view has, or if conditions go round in a circle.

    Raises:
        SetupError: one does; the text names it.
    """
    fields, conditions = {attribute_name(name) for name in known}, conditions_of(view)
    for name, condition in conditions.items():
        missing = next((one for one in (name, condition.on) if one not in fields), None)
        if missing is not None:
            raise SetupError(
                f"form_conditions of {type(view).__name__} names {missing!r}, which is no field of its form.",
                fix=f"take {missing!r} out of form_conditions; the form's fields are in form_columns.",
            )
    refuse_circle(view, conditions)


def refuse_circle(view: Any, conditions: Mapping[str, Condition]) -> None:
    """Raise if a field is in place only where it is in place."""
    for name, condition in conditions.items():
        if name in chain(conditions, condition.on):
            raise SetupError(
                f"form_conditions of {type(view).__name__} lets {name!r} depend on itself.",
                fix=f"take {name!r} or what it depends on out of form_conditions.",
            )


def chain(conditions: Mapping[str, Condition], name: str) -> list[str]:
    """The field and what it depends on, one after the other, each once."""
    found = [name]
    while found[-1] in conditions and conditions[found[-1]].on not in found:
        found.append(conditions[found[-1]].on)
    return found


def is_met(conditions: Mapping[str, Condition], name: str, form: Any) -> bool:
    """Whether the field is in place as the form stands; what it depends on may be out of place itself."""
    condition = conditions.get(name)
    if condition is None:
        return True
    return value_of(form, condition.on) in condition.values and is_met(conditions, condition.on, form)


def value_of(form: Any, name: str) -> Any:
    """What the form holds under an attribute; the record's value where the form has no such field for the person."""
    field = next((field for key, field in form._fields.items() if attribute_name(key) == name), None)
    return getattr(getattr(form, "_obj", None), name, None) if field is None else field.data


@contextmanager
def without_misplaced(view: Any, form: Any) -> Iterator[None]:
    """The form without fields that are out of place; they come back as they were."""
    conditions, fields = conditions_of(view), dict(form._fields)
    misplaced = [name for name in fields if not is_met(conditions, attribute_name(name), form)]
    for name in misplaced:
        del form._fields[name]
    yield
    form._fields.update({name: form._fields.pop(name, fields[name]) for name in fields})


def mark_of_condition(view: Any, form: Any, field: Any) -> dict[str, Any] | None:
    """What the page needs to show the field in its place: the other field's name, and its values as it sends them."""
    condition = conditions_of(view).get(attribute_name(field.short_name)) if field.name == field.short_name else None
    if condition is None:
        return None
    on: Any = next((one for one in form if attribute_name(one.short_name) == condition.on), None)
    if on is None:
        return None
    return {"on": on.name, "values": [text for value in condition.values for text in sent_as(on, value)]}


def sent_as(field: Any, value: Any) -> list[str]:
    """How a browser sends this value of the field; `on` and `off` for a box to tick."""
    if isinstance(field, BooleanField):
        return ["on" if value else "off"]
    if value is None:
        return ["", "__None"]
    kept, field.data = field.data, value
    raw, field.raw_data = getattr(field, "raw_data", None), None
    try:
        if hasattr(field, "iter_choices"):
            return [str(choice[0]) for choice in field.iter_choices() if choice[2]]
        return [str(field._value()) if hasattr(field, "_value") else str(value)]
    finally:
        field.data, field.raw_data = kept, raw
