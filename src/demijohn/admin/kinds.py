"""What kind of value a column holds, and whether it is a secret: pure functions over SQLAlchemy columns.

Imports neither Flask nor Flask-Admin, so every rule can be tested with a bare column.
"""

import datetime as dt
import decimal
import enum
import uuid
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipProperty

from demijohn.database.display import FIRST_CHOICES, naming_columns
from demijohn.database.uploads import Upload
from demijohn.secretnames import is_secret_name

Kind = Literal[
    "text",
    "long",
    "int",
    "decimal",
    "float",
    "bool",
    "enum",
    "date",
    "datetime",
    "time",
    "uuid",
    "json",
    "binary",
    "file",
    "other",
]

SHORT_TEXT = 1000
"""Longest text (characters) that is shown in a list; our choice."""

BY_PYTHON_TYPE: tuple[tuple[type, Kind], ...] = (
    (bool, "bool"),
    (enum.Enum, "enum"),
    (int, "int"),
    (decimal.Decimal, "decimal"),
    (float, "float"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    (uuid.UUID, "uuid"),
    (bytes, "binary"),
    (dict, "json"),
    (list, "json"),
    (str, "text"),
)


def kind_of(column: Any) -> Kind:
    """The kind of value the column holds; types that wrap another count as what they give to Python."""
    type_ = column.type
    if isinstance(type_, Upload):
        return "file"
    if isinstance(type_, sa.Enum):
        return "enum"
    if isinstance(type_, sa.JSON):
        return "json"
    kind = _kind_by_python_type(type_)
    if kind == "text" and _is_long(type_):
        return "long"
    return kind


def _kind_by_python_type(type_: Any) -> Kind:
    try:
        given = type_.python_type
    except NotImplementedError:
        given = object
    kind = next((kind for base, kind in BY_PYTHON_TYPE if issubclass(given, base)), None)
    if kind is None and isinstance(type_, sa.types.TypeDecorator):
        return _kind_by_python_type(type_.impl)
    return kind or "other"


def _is_long(type_: Any) -> bool:
    plain = type_.impl if isinstance(type_, sa.types.TypeDecorator) else type_
    length = getattr(plain, "length", None)
    return isinstance(plain, sa.Text) or (length is not None and length > SHORT_TEXT)


def is_aware(column: Any) -> bool:
    """Whether a moment column holds aware moments."""
    type_ = column.type
    plain = type_.impl if isinstance(type_, sa.types.TypeDecorator) else type_
    return bool(getattr(plain, "timezone", False))


def is_secret(column: Any) -> bool:
    """Whether the column's value must never be shown, searched, sorted, filtered, exported or edited.

    `mapped_column(info={"secret": True})` or `False` decides; else the type (bytes, encrypted text), then the name of
    columns that hold text (hash, token, key, secret, password, digest and the like).
    """
    said = getattr(column, "info", {}).get("secret")
    if said is not None:
        return bool(said)
    kind = kind_of(column) if hasattr(column, "type") else "other"
    if kind == "binary" or _hides_its_value(column.type):
        return True
    name = str(column.key or column.name)
    if name == "key" and getattr(getattr(column, "table", None), "info", {}).get("battery"):
        return False  # in the framework's own tables, a bare `key` is a record's
    return kind in {"text", "long", "json", "other"} and is_secret_name(name)


def _hides_its_value(type_: Any) -> bool:
    return any(word in cls.__name__.lower() for cls in type(type_).__mro__ for word in ("encrypted", "password"))


def is_counted(column: Any) -> bool:
    """Whether the database counts this key up by itself."""
    return kind_of(column) == "int" and bool(column.primary_key) and not column.foreign_keys


def mapper_of(model: type) -> Mapper[Any]:
    mapper: Mapper[Any] = sa.inspect(model)
    return mapper


def mark_of(model: Any) -> str | None:
    """The attribute that says when a `SoftDeleted` record was deleted; None of a model whose records really go."""
    found = (a.key for a in mapper_of(model).column_attrs if a.columns[0].info.get("marks_deletion"))
    return next(found, None)


def attribute_of(model: type, column: Any) -> str:
    """The name of the mapped attribute that holds this column."""
    return str(mapper_of(model).get_property_by_column(column).key)


def column_of(model: type, name: str) -> Any | None:
    """The column behind a mapped attribute, None for anything else."""
    attribute = mapper_of(model).column_attrs.get(name)
    return attribute.columns[0] if attribute is not None else None


def to_one_relations(model: type) -> dict[str, RelationshipProperty[Any]]:
    """Relationships held by a foreign key of this model's own table: name -> relationship."""
    relations = mapper_of(model).relationships
    return {r.key: r for r in relations if r.direction.name == "MANYTOONE" and not r.viewonly}


def relation_by_column(model: type) -> dict[Any, RelationshipProperty[Any]]:
    """Foreign-key column -> the to-one relationship over it.

    A key of several columns that shares one with another relationship is left to its columns: choosing its record would
    change the other's.
    """
    relations = list(to_one_relations(model).values())
    free = [r for r in relations if len(r.local_columns) == 1 or not any(_share(r, other) for other in relations)]
    return {column: r for r in free for column in r.local_columns}


def _share(one: RelationshipProperty[Any], other: RelationshipProperty[Any]) -> bool:
    return one is not other and not one.local_columns.isdisjoint(other.local_columns)


def first_text(model: type) -> str | None:
    """The attribute that names a record: the one its text is made of, else the first short text that is no secret."""
    for name in (*naming_columns(mapper_of(model)), *mapper_of(model).column_attrs.keys()):
        column = column_of(model, str(name))
        if isinstance(column, sa.Column) and is_line(str(name), column) and not is_secret(column):
            return str(name)
    return None


def is_line(name: str, column: Any) -> bool:
    """Whether the column holds text of one line: a short one, or a `name`, `title` or the like of any length.

    In a database that others made, a name is often a text without a limit.
    """
    kind = kind_of(column)
    return kind == "text" or (kind == "long" and name in FIRST_CHOICES)
