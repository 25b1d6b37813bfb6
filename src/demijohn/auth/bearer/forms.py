"""The form of a new API token."""

from typing import Any

from wtforms import BooleanField, IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from demijohn.auth.forms import AccountForm


class NewTokenForm(AccountForm):
    """Name, life and reach; sent twice it makes one token."""

    once = True

    name = StringField(
        "Name",
        [InputRequired("Say what it is for."), Length(max=100, message="Use at most 100 characters.")],
        description="What it is for, as “nightly export”.",
    )
    days = IntegerField("Works for how many days", [InputRequired("Enter a number of days.")], default=30)
    everything = BooleanField("It may do everything that I may do")
    scopes = SelectMultipleField("Permissions", choices=[])

    def __init__(self, *, offered: list[str], longest_days: int, **options: Any) -> None:
        super().__init__(**options)
        self.scopes.choices = offered
        self.days.validators = [*self.days.validators, NumberRange(1, longest_days, f"From 1 to {longest_days} days.")]

    def validate_name(self, field: Any) -> None:
        if not (field.data or "").strip() or not all(character.isprintable() for character in field.data):
            raise ValidationError("Use letters, digits and signs.")

    @property
    def chosen_scopes(self) -> list[str] | None:
        """The permissions that were ticked; None for everything the owner may do."""
        return None if self.everything.data else list(self.scopes.data or [])
