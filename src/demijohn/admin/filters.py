"""Filters of a list, by kind of column: values from the address are made into the column's type or refused.

Flask-Admin's own convert by type name, raise on a wrong enum, compare moments without a time zone and let `nan` in.
"""

import datetime as dt
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_admin.contrib.sqla.filters import BaseSQLAFilter, FilterConverter

from demijohn.admin.fields import as_utc
from demijohn.admin.formatting import enum_label, plain_text
from demijohn.admin.keys import enum_members, parse_value
from demijohn.admin.kinds import first_text, is_aware, kind_of
from demijohn.admin.scoping import for_me, shown_title
from demijohn.database.base import db

LONGEST_VALUE = 1000
"""Characters of a filter value that are read; our choice."""

YES_NO = (("1", "Yes"), ("0", "No"))
RANGE = " to "


def escaped(text: str) -> str:
    """The text with LIKE's own signs made plain (escape sign: backslash)."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def contains(column: Any, text: str) -> Any:
    return column.ilike(f"%{escaped(text)}%", escape="\\")


def starts(value: Any) -> Any:
    return value[0] if isinstance(value, Day) else value


class Day(tuple[Any, Any]):
    """A whole day of a moment column: its first moment and the next day's."""

    __slots__ = ()


def is_equal(column: Any, value: Any) -> Any:
    return sa.and_(column >= value[0], column < value[1]) if isinstance(value, Day) else column == value


def is_not_equal(column: Any, value: Any) -> Any:
    return sa.or_(sa.not_(is_equal(column, value)), column.is_(None))


def is_greater(column: Any, value: Any) -> Any:
    return operator.ge(column, value[1]) if isinstance(value, Day) else operator.gt(column, value)


def is_smaller(column: Any, value: Any) -> Any:
    return operator.lt(column, starts(value))


def is_between(column: Any, value: Any) -> Any:
    low, high = value
    return sa.and_(column >= starts(low), column < high[1] if isinstance(high, Day) else column <= high)


def is_empty(column: Any, value: Any) -> Any:
    return column.is_(None) if value == "1" else column.is_not(None)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One way to compare: what it is called, what it does, and how its value is read."""

    says: str
    compare: Callable[[Any, Any], Any]
    reads: str = "one"  # one, many, range, flag, text


EQUALS = Operation(says="equals", compare=is_equal)
NOT_EQUAL = Operation(says="not equal", compare=is_not_equal)
GREATER = Operation(says="greater than", compare=is_greater)
SMALLER = Operation(says="smaller than", compare=is_smaller)
BETWEEN = Operation(says="between", compare=is_between, reads="range")
EMPTY = Operation(says="empty", compare=is_empty, reads="flag")
IN_LIST = Operation(says="in list", compare=lambda column, values: column.in_(values), reads="many")
CONTAINS = Operation(says="contains", compare=contains, reads="text")
NOT_CONTAINS = Operation(
    says="not contains", compare=lambda c, v: sa.or_(sa.not_(contains(c, v)), c.is_(None)), reads="text"
)
ORDERED = (EQUALS, NOT_EQUAL, GREATER, SMALLER, BETWEEN)

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "text": (CONTAINS, NOT_CONTAINS, EQUALS, NOT_EQUAL, IN_LIST),
    "long": (CONTAINS, NOT_CONTAINS),
    "int": (*ORDERED, IN_LIST),
    "decimal": ORDERED,
    "float": ORDERED,
    "bool": (EQUALS,),
    "enum": (EQUALS, NOT_EQUAL, IN_LIST),
    "date": ORDERED,
    "datetime": ORDERED,
    "time": ORDERED,
    "uuid": (EQUALS, IN_LIST),
}

WIDGETS = {
    ("date", "one"): "datepicker",
    ("date", "range"): "daterangepicker",
    ("datetime", "one"): "datetimepicker",
    ("datetime", "range"): "datetimerangepicker",
    ("time", "one"): "timepicker",
    ("time", "range"): "timerangepicker",
}


class KindFilter(BaseSQLAFilter):
    """A filter whose value is read by the kind of its column."""

    def __init__(self, column: Any, name: str, operation: Operation, options: Any = None) -> None:
        self.does = operation
        self.kind = kind_of(column)
        if operation.reads == "flag" or (options is None and self.kind == "bool"):
            options = YES_NO
        elif options is None and self.kind == "enum":
            options = [(value, plain_text(member)) for value, member in enum_members(column)]
        widget = "select2-tags" if operation.reads == "many" else WIDGETS.get((self.kind, operation.reads))
        super().__init__(column, name, options, widget)

    def operation(self) -> str:
        return self.does.says

    def validate(self, value: Any) -> bool:
        try:
            self.clean(value)
        except ValueError:
            return False
        return True

    def clean(self, value: Any) -> Any:
        """The value in the column's type.

        Raises:
            ValueError: it is none.
        """
        text = str(value).strip()
        if len(text) > LONGEST_VALUE or "\x00" in text:
            raise ValueError("too long, or not text")
        if self.does.reads == "flag":
            return _one_of(text, ("0", "1"))
        if self.does.reads == "text":
            return text
        if self.does.reads == "many":
            return [self.read(part.strip()) for part in text.split(",") if part.strip()][:100]
        if self.does.reads == "range":
            low, _, high = text.partition(RANGE)
            return self.read(low.strip()), self.read(high.strip())
        return self.read(text)

    def read(self, text: str) -> Any:
        if self.kind == "datetime":
            return read_moment(self.column, text)
        value = parse_value(self.column, text)
        if value is None and self.kind == "enum":  # a member's name, as Flask-Admin's own addresses carry it
            value = next((m for _, m in enum_members(self.column) if getattr(m, "name", None) == text), None)
        if value is None:
            raise ValueError(f"{text!r} is no value of {self.name}")
        return value

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        return query.filter(self.does.compare(self.get_column(alias), value))

    def shown(self, value: str) -> str:
        """The value as people read it."""
        if self.does.reads == "flag" or self.kind == "bool":
            return "Yes" if value == "1" else "No"
        if self.kind == "enum" and self.does.reads == "one":
            member = self.clean(value)
            return enum_label(member) if hasattr(member, "name") else str(member)
        return value


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"{text!r} is none of {allowed}")
    return text


def read_moment(column: Any, text: str) -> Any:
    """A moment (UTC where the column is aware) from a date-time, or a whole day from a date.

    Raises:
        ValueError: the text is neither.
    """
    zone = dt.UTC if is_aware(column) else None
    if len(text) == len("2026-11-21"):
        day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone)
        if day.year == dt.MAXYEAR:
            raise ValueError("too late a day")
        return Day((day, day + dt.timedelta(days=1)))
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=None) if zone is None else as_utc(moment)


class RelatedText(KindFilter):
    """Filters by the text that names a to-one related record, without joining."""

    def __init__(self, column: Any, name: str, model: type) -> None:
        self.related = model
        super().__init__(column, name, CONTAINS)

    def apply(self, query: Any, value: Any, alias: Any = None) -> Any:
        text = getattr(self.related, str(first_text(self.related)))
        target = next(iter(self.column.foreign_keys)).column
        matching = for_me(sa.select(target).where(contains(text, value)), self.related)
        return query.filter(self.get_column(alias).in_(matching))


class RelatedKey(KindFilter):
    """Filters by a related record's key; shown by the record's own text."""

    def __init__(self, column: Any, name: str, model: type) -> None:
        self.related = model
        super().__init__(column, name, EQUALS)

    def shown(self, value: str) -> str:
        target = next(iter(self.column.foreign_keys)).column
        if target.primary_key and len(target.table.primary_key) == 1:
            record = db.session.get(self.related, self.clean(value))
            return value if record is None else shown_title(record)
        return value


class KindConverter(FilterConverter):
    """Chooses filters by what a column holds, so that types which wrap another are known too."""

    def convert(self, type_name: str, column: Any, name: str, **options: Any) -> list[Any] | None:
        operations = OPERATIONS.get(kind_of(column), ())
        more = (EMPTY,) if getattr(column, "nullable", True) else ()
        given = options.get("options")
        return [KindFilter(column, name, operation, given) for operation in (*operations, *more)] or None


def with_path(flt: Any, path: str) -> Any:
    """The filter, knowing the path of attributes that it compares, for which people need a permission."""
    relation = isinstance(flt, KindFilter) and "." not in path and flt.column.key != path
    flt.path = f"{path}.{flt.column.key}" if relation else path
    return flt


def relation_filters(relation: Any, column: Any, name: str) -> list[Any]:
    """Filters for a foreign key: by key (what links use), by the related record's text, and empty or not."""
    filters: list[Any] = [RelatedKey(column, name, relation.mapper.class_)]
    text = first_text(relation.mapper.class_)
    if text is not None:
        filters.append(with_path(RelatedText(column, name, relation.mapper.class_), f"{relation.key}.{text}"))
    if column.nullable:
        filters.append(KindFilter(column, name, EMPTY))
    return filters
