"""The forms of registration; the second one grows by what the project's user class asks for."""

from typing import Any

import sqlalchemy as sa
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from demijohn.auth.extension import auth_of
from demijohn.auth.forms import ADDRESS, AccountForm, is_address, is_printable
from demijohn.auth.models import UserBase, user_class
from demijohn.words import gettext, lazy_gettext

OWN = frozenset({"name", "password", "password_confirm", "csrf_token"})


class RegisterForm(AccountForm):
    email = EmailField(ADDRESS, [InputRequired(lazy_gettext("Enter your e-mail address.")), is_address])
    next = HiddenField()


class NewAccountForm(AccountForm):
    """Name and password of a new account; `registration_fields` of the user class come between the two."""

    name = StringField(
        lazy_gettext("Name"), [Length(max=255, message=lazy_gettext("Use at most 255 characters.")), is_printable]
    )
    password = PasswordField(lazy_gettext("Password"))
    password_confirm = PasswordField(lazy_gettext("Password again"))

    def validate_password(self, field: Any) -> None:
        if not field.data and not may_lack_password():
            raise ValidationError(gettext("Choose a password."))

    def validate_password_confirm(self, field: Any) -> None:
        if (field.data or "") != (self.password.data or ""):
            raise ValidationError(gettext("The two are not the same."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it is all right, with the project's fields held to what their columns can keep."""
        valid = bool(super().validate(extra_validators))
        return all([valid, *(fits_column(field, user_class()) for field in self.extra_fields())])

    def extra_fields(self) -> list[Any]:
        """The project's own fields, in their order."""
        return [field for field in self if field.name not in OWN]

    def extra_values(self) -> dict[str, Any]:
        """What was entered in those that are columns of the project's own: column -> value."""
        own = set(sa.inspect(user_class()).columns.keys()) - set(UserBase.__annotations__)
        return {field.name: field.data for field in self.extra_fields() if field.name in own}


def fits_column(field: Any, user: type[UserBase]) -> bool:
    """Whether the column of the field's name can keep its text; says so at the field if it can't."""
    column = sa.inspect(user).columns.get(field.name)
    longest = getattr(column.type, "length", None) if column is not None else None
    text = field.data if isinstance(field.data, str) else ""
    if longest is not None and len(text) > longest:
        field.errors = [*field.errors, gettext("Use at most %(longest)s characters.", longest=longest)]
    elif "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        field.errors = [*field.errors, gettext("Use letters, digits and signs only.")]
    else:
        return True
    return False


def may_lack_password() -> bool:
    """Whether an account is any use without a password."""
    return bool(auth_of().section.magic_link)


def new_account_form() -> NewAccountForm:
    """The form of this application: ours, and the project's fields if its user class names some."""
    fields = user_class().registration_fields
    if fields is None:
        return NewAccountForm()
    cls: type[NewAccountForm] = type("ProjectAccountForm", (fields, NewAccountForm), {})
    return cls()
