"""The permissions of a role as boxes to tick, grouped by table."""

from collections.abc import Iterable
from typing import Any

from flask import current_app
from markupsafe import Markup
from wtforms import fields
from wtforms.validators import ValidationError

from demijohn.admin.formatting import in_words
from demijohn.admin.words import gettext
from demijohn.auth.models import Role
from demijohn.auth.permissions import ACTIONS, all_permissions

GENERAL = ""
"""Key of the group of what belongs to no table, such as `admin.access`; it comes first."""


def place(name: str) -> tuple[str, int, str]:
    """Where a permission stands: by table, then from looking to taking away; a project's own come last."""
    table, _, action = name.partition(".")
    return table, ACTIONS.index(action) if action in ACTIONS else len(ACTIONS), action


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """The names by table, each group in its order; those without a table are together under GENERAL."""
    ordered = sorted(names, key=place)
    tables = {table for table, _, action in (name.partition(".") for name in ordered) if action in ACTIONS}
    groups: dict[str, list[str]] = {GENERAL: []}
    for name in ordered:
        table = name.partition(".")[0]
        groups.setdefault(table if table in tables else GENERAL, []).append(name)
    return {table: group for table, group in groups.items() if group}


def is_role(model: type) -> bool:
    return issubclass(model, Role)


def role_form_options() -> dict[str, Any]:
    """Options of the roles view: permissions are ticked, grouped."""
    return {"form_overrides": {"permissions": PermissionsField}}


class PermissionBoxes:
    """A fieldset per table with a box per permission; each action has a column of its own."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        chosen = set(field.data or ())
        parts = [self.group(field, table, names, chosen) for table, names in grouped(field.known()).items()]
        return Markup('<div class="dj-permissions" id="{}">{}</div>').format(field.id, Markup("").join(parts))

    def group(self, field: Any, table: str, names: list[str], chosen: set[str]) -> Markup:
        known = [name for name in names if name.partition(".")[2] in ACTIONS]
        boxes = [self.box(field, name, is_chosen=name in chosen) for name in known]
        others = [self.box(field, name, is_chosen=name in chosen) for name in names if name not in known]
        if others:
            boxes.append(Markup('<div class="dj-others">{}</div>').format(Markup("").join(others)))
        return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(
            in_words(table) if table != GENERAL else "General", Markup("").join(boxes)
        )

    def box(self, field: Any, name: str, *, is_chosen: bool) -> Markup:
        table, _, action = name.partition(".")
        is_known = action in ACTIONS
        return Markup('<label{}><input type="checkbox" name="{}" value="{}"{}> {}</label> ').format(
            Markup(' class="dj-{}"').format(action) if is_known else "",
            field.name,
            name,
            Markup(" checked") if is_chosen else "",
            in_words(action if is_known else f"{table} {action}"),
        )


class PermissionsField(fields.Field):
    """Names of permissions; one that the application does not know is refused, and kept if it was there."""

    widget = PermissionBoxes()

    def known(self) -> list[str]:
        """Every permission that can be ticked, those of one table together."""
        names = {*all_permissions(current_app._get_current_object()), *(self.data or ())}  # type: ignore[attr-defined]
        return sorted(names, key=place)

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: Any) -> None:
        self.data = list(dict.fromkeys(valuelist))

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, set(self.data or ()))

    def pre_validate(self, form: Any) -> None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        before = getattr(getattr(form, "_obj", None), "permissions", None) or ()
        unknown = set(self.data or ()) - set(all_permissions(app)) - set(before)
        if unknown:
            raise ValidationError(gettext("There is no permission %(name)s.", name=min(unknown)))
