"""The permissions of a role as boxes to tick, grouped by table."""

from itertools import groupby
from typing import Any

from flask import current_app
from markupsafe import Markup, escape
from wtforms import fields
from wtforms.validators import ValidationError

from demijohn.auth.models import Role
from demijohn.auth.permissions import all_permissions

ORDER = ("access", "view", "create", "edit", "delete", "export")
"""What stands first in a row of boxes; permissions of a project's own come last."""


def place(name: str) -> tuple[str, int, str]:
    """Where a permission stands: by table, then from looking to taking away."""
    table, _, action = name.partition(".")
    return table, ORDER.index(action) if action in ORDER else len(ORDER), action


def is_role(model: type) -> bool:
    return issubclass(model, Role)


def role_form_options() -> dict[str, Any]:
    """Options of the roles view: permissions are ticked, grouped."""
    return {"form_overrides": {"permissions": PermissionsField}}


class PermissionBoxes:
    """A fieldset per table with a box per permission."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        chosen = set(field.data or ())
        groups = groupby(field.known(), key=lambda name: name.partition(".")[0])
        parts = [self.group(field, table, list(names), chosen) for table, names in groups]
        return Markup('<div class="dj-permissions" id="{}">{}</div>').format(field.id, Markup("").join(parts))

    def group(self, field: Any, table: str, names: list[str], chosen: set[str]) -> Markup:
        boxes = [self.box(field, name, is_chosen=name in chosen) for name in names]
        title = escape(table.replace("_", " ").capitalize())
        return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(title, Markup("").join(boxes))

    def box(self, field: Any, name: str, *, is_chosen: bool) -> Markup:
        ticked = Markup(" checked") if is_chosen else Markup("")
        return Markup('<label><input type="checkbox" name="{}" value="{}"{}> {}</label> ').format(
            field.name, name, ticked, name.partition(".")[2]
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
            raise ValidationError(f"There is no permission {min(unknown)}.")
