"""The form of a new API token."""

from typing import Any

from wtforms import BooleanField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from demijohn.auth.forms import AccountForm
from demijohn.words import gettext, lazy_gettext


class NewTokenForm(AccountForm):
    """Name, life and reach; sent twice it makes one token."""

    once = True

    name = StringField(
        lazy_gettext("Name"),
        [
            InputRequired(lazy_gettext("Say what it is for.")),
            Length(max=100, message=lazy_gettext("Use at most 100 characters.")),
        ],
        description=lazy_gettext("What it is for, as “nightly export”."),
    )
    days = IntegerField(
        lazy_gettext("Works for how many days"), [InputRequired(lazy_gettext("Enter a number of days."))], default=30
    )
    everything = BooleanField(lazy_gettext("It may do everything that I may do"))
    scopes = SelectMultipleField(lazy_gettext("Permissions"), choices=[])

    def __init__(self, *, offered: list[str], longest_days: int, **options: Any) -> None:
        super().__init__(**options)
        self.scopes.choices = offered
        self.days.validators = [
            *self.days.validators,
            NumberRange(1, longest_days, gettext("From 1 to %(longest)s days.", longest=longest_days)),
        ]

    def validate_name(self, field: Any) -> None:
        if not (field.data or "").strip() or not all(character.isprintable() for character in field.data):
            raise ValidationError(gettext("Use letters, digits and signs."))

    @property
    def chosen_scopes(self) -> list[str] | None:
        """The permissions that were ticked; None for everything the owner may do."""
        return None if self.everything.data else list(self.scopes.data or [])
