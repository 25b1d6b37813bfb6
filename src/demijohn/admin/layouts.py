"""How the fields of a form stand: in fieldsets where the view declares some, else as they come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from demijohn.admin.forms import attribute_name
from demijohn.errors import SetupError

OPTIONS = ("description", "collapsed")


@dataclass(frozen=True, kw_only=True)
class FieldGroup:
    """Some fields of a form under a title.

    Attributes:
        title: empty for fields that no fieldset names.
        is_open: whether it shows its fields at once; one with an error does.
    """

    title: str
    description: str
    fields: tuple[Any, ...]
    is_collapsible: bool
    is_open: bool


def declared(view: Any) -> list[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    """Title, names and options of each fieldset of `form_fieldsets`.

    Raises:
        SetupError: one is not of the form `("Title", ("name", …))` or `("Title", ("name", …), {"collapsed": True})`.
    """
    found = []
    for item in view.form_fieldsets or ():
        title, names, options = (
            (*item, {})[:3] if isinstance(item, tuple | list) and len(item) in {2, 3} else ("", "", 0)
        )
        if not isinstance(options, Mapping) or isinstance(names, str) or not set(options) <= set(OPTIONS):
            raise SetupError(
                f"{type(view).__name__}.form_fieldsets holds {item!r}, which is no fieldset.",
                fix='write ("Title", ("name", "other")), and {"collapsed": True, "description": "…"} behind if wanted.',
            )
        found.append((str(title or ""), tuple(names), options))
    return found


def refuse_unknown_fields(view: Any, known: Iterable[str]) -> None:
    """Raise if a fieldset names a field that no form of the view has.

    Raises:
        SetupError: it does; the text names it.
    """
    fields = {attribute_name(name) for name in known}
    for title, names, _ in declared(view):
        for name in names:
            if name not in fields:
                raise SetupError(
                    f"the fieldset {title!r} of {type(view).__name__} names {name!r}, which is no field of its form.",
                    fix=f"take {name!r} out of form_fieldsets; the form's fields are in form_columns.",
                )


def field_groups(view: Any, form: Any) -> list[FieldGroup]:
    """The form's visible fields in their fieldsets; those that none names come last."""
    left = {attribute_name(name): field for name, field in form._fields.items() if not is_hidden(field)}
    groups = []
    for title, names, options in declared(view):
        fields = tuple(left.pop(name) for name in names if name in left)
        if fields:
            groups.append(grouped(title, fields, options))
    return [*groups, grouped("", tuple(left.values()), {})] if left else groups


def grouped(title: str, fields: tuple[Any, ...], options: Mapping[str, Any]) -> FieldGroup:
    collapses = bool(options.get("collapsed"))
    return FieldGroup(
        title=title,
        description=str(options.get("description", "")),
        fields=fields,
        is_collapsible=collapses,
        is_open=not collapses or any(field.errors for field in fields),
    )


def is_hidden(field: Any) -> bool:
    return getattr(field.widget, "input_type", None) == "hidden"
