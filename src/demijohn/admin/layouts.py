"""How the fields of a form stand: in fieldsets where the view declares some, else as they come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from demijohn.admin.forms import attribute_name
from demijohn.errors import SetupError

OPTIONS = ("description", "collapsed", "tab")


@dataclass(frozen=True, kw_only=True)
class FieldGroup:
    """Some fields of a form under a title, among them columns that are only shown.

    Attributes:
        title: empty for fields that no fieldset names.
        tab: the tab it stands in; empty for above all tabs.
        is_open: whether it shows its fields at once; one with an error does.
    """

    title: str
    description: str
    fields: tuple[Any, ...]
    is_collapsible: bool
    is_open: bool
    tab: str = ""

    @property
    def wrong(self) -> int:
        """Fields with something wrong."""
        return sum(1 for field in self.fields if getattr(field, "errors", None))


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """A column of `form_readonly_columns` in a form: its value is shown, and nothing is sent of it."""

    name: str
    label: str
    is_only_shown: bool = True


@dataclass(frozen=True, kw_only=True)
class Tab:
    """Groups behind one tab."""

    name: str
    groups: list[FieldGroup]

    @property
    def wrong(self) -> int:
        return sum(group.wrong for group in self.groups)


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
    fields = {*map(attribute_name, known), *(view.form_readonly_columns or ())}
    for title, names, _ in declared(view):
        for name in names:
            if name not in fields:
                raise SetupError(
                    f"the fieldset {title!r} of {type(view).__name__} names {name!r}, which is no field of its form.",
                    fix=f"take {name!r} out of form_fieldsets; the form's fields are in form_columns.",
                )


def shown_columns(view: Any, form: Any) -> list[ShownColumn]:
    """The columns of `form_readonly_columns` that the person may see of the form's record; none of a new one."""
    record = getattr(form, "_obj", None)
    if record is None:
        return []
    names = [name for name in view.form_readonly_columns or () if view.permits("view", record, name)]
    return [ShownColumn(name=name, label=str(view.get_column_name(name))) for name in names]


def tabs_of(groups: Iterable[FieldGroup]) -> list[Tab]:
    """The groups that stand behind tabs, by tab in the order they come."""
    found: dict[str, list[FieldGroup]] = {}
    for group in groups:
        if group.tab:
            found.setdefault(group.tab, []).append(group)
    return [Tab(name=name, groups=some) for name, some in found.items()]


def field_groups(view: Any, form: Any) -> list[FieldGroup]:
    """The form's visible fields in their fieldsets; those that none names come last."""
    left = {attribute_name(name): field for name, field in form._fields.items() if not is_hidden(field)}
    left |= {column.name: column for column in shown_columns(view, form)}
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
        is_open=not collapses or any(getattr(field, "errors", None) for field in fields),
        tab=str(options.get("tab", "")),
    )


def is_hidden(field: Any) -> bool:
    return getattr(field.widget, "input_type", None) == "hidden"
