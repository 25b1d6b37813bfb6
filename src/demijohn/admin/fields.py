"""Form fields for our kinds of column: values are checked before the database would refuse them."""

import datetime as dt
import decimal
import uuid
from typing import Any

import sqlalchemy as sa
from wtforms import fields, validators, widgets
from wtforms.validators import ValidationError

from demijohn.admin.formats.recognizing import currency_of
from demijohn.admin.formatting import exact_text, plain_text
from demijohn.admin.keys import LARGEST, enum_members, is_sane, parse_value
from demijohn.admin.scoping import for_me
from demijohn.admin.words import gettext
from demijohn.auth.fieldrules import root_model
from demijohn.database.base import db

MOMENT_FORMATS = [
    "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
]  # fmt: skip


def option(value: str, label: str, *, is_chosen: bool) -> Any:
    """One option of a select, as this WTForms wants it (a named tuple since 3.3, which 3.2 reads as a plain one)."""
    named = getattr(fields, "Choice", None)
    return named(value, label, is_chosen, {}) if named is not None else (value, label, is_chosen, {})


class MomentField(fields.DateTimeField):
    """A moment in UTC; one that nobody touched keeps its fractions of a second."""

    widget = widgets.DateTimeLocalInput()

    def __init__(self, label: Any = None, validators: Any = None, *, aware: bool = True, **kwargs: Any) -> None:
        kwargs.pop("format", None)
        super().__init__(label, validators, format=MOMENT_FORMATS, **kwargs)
        self.aware = aware
        self.render_kw: dict[str, Any] = {"step": "1", **kwargs.get("render_kw", {})}

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return self.data.strftime("%Y-%m-%dT%H:%M:%S") if self.data else ""

    def process_data(self, value: Any) -> None:
        aware = isinstance(value, dt.datetime) and value.tzinfo is not None
        super().process_data(value.astimezone(dt.UTC) if aware else value)

    def process_formdata(self, valuelist: Any) -> None:
        if not valuelist or not "".join(valuelist).strip():
            self.data = None
            return
        super().process_formdata(valuelist)
        if self.data is not None and self.aware:
            self.data = as_utc(self.data)

    def populate_obj(self, obj: Any, name: str) -> None:
        old = getattr(obj, name, None)
        if old is None or self.data is None or old.replace(microsecond=0) != self.data:
            super().populate_obj(obj, name)


class DecimalField(fields.DecimalField):
    """A number, shown without the zeros that only fill up the column's places."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        scale: int | None = None,
        formatted: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.formatted = formatted
        self.least = 2 if scale is None else min(2, scale)

    def unit(self, form: Any) -> str:
        """What stands behind the number: the currency of an amount of money."""
        return currency_of(self.formatted, getattr(form, "_obj", None))

    def _value(self) -> str:
        if self.raw_data or not isinstance(self.data, decimal.Decimal):
            return str(super()._value())
        return exact_text(self.data, least=self.least)


def as_utc(moment: dt.datetime) -> dt.datetime:
    """The same moment in UTC; one without an offset is in UTC already.

    Raises:
        ValueError: in UTC it lies before the year 1 or after 9999.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=dt.UTC)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(gettext("This is too far away in time.")) from None


class DayField(fields.DateField):
    """A day."""


class ClockField(fields.TimeField):
    """A time of day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["format"] = ["%H:%M:%S", "%H:%M"]
        super().__init__(*args, **kwargs)


class ChoiceField(fields.SelectField):
    """A choice among a few values; the form carries their names.

    Attributes:
        members: name -> value.
        optional: whether none of them will do.
        empty: whether the choice begins with nothing.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        members: dict[str, Any],
        optional: bool,
        empty: bool,
        **kwargs: Any,
    ) -> None:
        self.members = members
        self.optional = optional
        self.empty = empty
        super().__init__(label, validators, choices=list(members), coerce=str, validate_choice=False, **kwargs)

    def _text(self) -> str | None:
        return next((value for value, member in self.members.items() if member == self.data), None)

    def iter_choices(self) -> Any:
        chosen = self._text() or ""
        if self.empty:
            yield option("", "", is_chosen=not chosen)
        for value, member in self.members.items():
            yield option(value, plain_text(member), is_chosen=value == chosen)

    def process_data(self, value: Any) -> None:
        self.data = self.members.get(value, value) if isinstance(value, str) else value

    def process_formdata(self, valuelist: Any) -> None:
        if valuelist:
            self._asked = valuelist[0]
            self.data = self.members.get(valuelist[0])

    def pre_validate(self, form: Any) -> None:
        asked = getattr(self, "_asked", "")
        if (asked and self.data is None) or (not self.optional and self.data is None):
            raise ValidationError(gettext("Choose one of the values."))


class EnumField(ChoiceField):
    """A choice among the members of a column's enum, by the stored values."""

    def __init__(self, label: Any = None, validators: Any = None, *, column: Any, **kwargs: Any) -> None:
        optional = bool(column.nullable)
        empty = optional or column.default is None
        super().__init__(
            label, validators, members=dict(enum_members(column)), optional=optional, empty=empty, **kwargs
        )


class MaybeField(fields.SelectField):
    """Yes, no or unknown."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, None, choices=["", "1", "0"], coerce=_as_maybe, **kwargs)

    def iter_choices(self) -> Any:
        for value, text in (("", gettext("Unknown")), ("1", gettext("Yes")), ("0", gettext("No"))):
            yield option(value, text, is_chosen=_as_maybe(value) is self.data)

    def pre_validate(self, form: Any) -> None:
        """Any of the three will do; anything else has become unknown."""


def _as_maybe(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"1": True, "0": False}.get(str(value))


class KeyField(fields.StringField):
    """A foreign key without a relationship: checked to exist."""

    def __init__(self, label: Any = None, validators: Any = None, *, column: Any, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.column = column

    def process_formdata(self, valuelist: Any) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = parse_value(self.column, text) if text else None
        if text and self.data is None:
            raise ValueError(gettext("There is no such record."))

    def pre_validate(self, form: Any) -> None:
        target = next(iter(self.column.foreign_keys)).column
        before = getattr(getattr(form, "_obj", None), self.short_name, None)
        if self.data not in (None, before) and target.table.info.get("bind_key") is None:
            model = root_model(target.table)
            wanted = sa.select(sa.literal(1)).select_from(model or target.table).where(target == self.data)
            if db.session.scalar(wanted if model is None else for_me(wanted, model)) is None:
                raise ValidationError(gettext("There is no such record."))


class UuidField(fields.StringField):
    """A UUID."""

    def process_formdata(self, valuelist: Any) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        try:
            self.data = uuid.UUID(text) if text else None
        except ValueError:
            raise ValueError(gettext("This is no UUID.")) from None


class NoNull:
    """Refuses the NUL character, which PostgreSQL can't store; comes before whatever asks the database."""

    def __call__(self, form: Any, field: Any) -> None:
        if isinstance(field.data, str) and "\x00" in field.data:
            raise validators.StopValidation(gettext("This text holds a character that can't be stored."))


class FitsNumeric:
    """Refuses what the column's precision and scale can't hold exactly, and what is no number."""

    def __init__(self, type_: Any) -> None:
        plain = type_.impl if isinstance(type_, sa.types.TypeDecorator) else type_
        self.precision = getattr(type_, "precision", None) or getattr(plain, "precision", None)
        self.scale = getattr(type_, "scale", None) if hasattr(type_, "scale") else getattr(plain, "scale", None)

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None:
            return
        value = decimal.Decimal(field.data)
        if not value.is_finite():
            raise ValidationError(gettext("This is not a number."))
        if not is_sane(value):
            raise ValidationError(gettext("This number is too large or too small."))
        places = -int(value.normalize().as_tuple().exponent)
        if self.scale is not None and places > self.scale:
            raise ValidationError(gettext("At most %(places)d decimal places.", places=self.scale))
        if self.precision is not None and value.adjusted() + 1 > self.precision - (self.scale or 0):
            raise ValidationError(gettext("This number is too large."))


class FitsWhole(validators.NumberRange):
    """Refuses a whole number that the column can't hold; what is no number has been told already."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None:
            super().__call__(form, field)


def whole_number_range(type_: Any) -> Any:
    """The validator for whole numbers that fit the column."""
    plain = type_.impl if isinstance(type_, sa.types.TypeDecorator) else type_
    limit = (
        LARGEST if isinstance(plain, sa.BigInteger) else 2**15 - 1 if isinstance(plain, sa.SmallInteger) else 2**31 - 1
    )
    return FitsWhole(min=-limit - 1, max=limit, message="This number does not fit.")
