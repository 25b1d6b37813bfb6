"""Which columns a view shows, searches, sorts, filters and offers, when the project does not say."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from demijohn.admin.kinds import (
    column_of,
    first_text,
    is_counted,
    is_line,
    is_secret,
    kind_of,
    mapper_of,
    relation_by_column,
    to_one_relations,
)
from demijohn.errors import SetupError

IN_A_LIST = 7
"""Columns of a list by itself; our choice."""

FILTERED = ("enum", "bool", "date", "datetime", "int", "decimal", "float")

NAMING_OPTIONS = (
    "column_list",
    "column_optional_list",
    "column_details_list",
    "column_export_list",
    "column_searchable_list",
    "column_sortable_list",
    "column_filters",
    "column_editable_list",
    "form_columns",
    "form_readonly_columns",
)
"""Options of a view that name columns; none may name a secret one."""


def shown_names(model: type) -> list[str]:
    """Every attribute that may be shown: plain columns and to-one relations, in the table's order, secrets left out."""
    relations = relation_by_column(model)
    names: list[str] = []
    for attribute in mapper_of(model).column_attrs:
        column = attribute.columns[0]
        if is_secret(column) or column.info.get("marks_deletion"):
            continue
        relation = relations.get(column)
        names.append(str(relation.key if relation is not None else attribute.key))
    return list(dict.fromkeys(names))


def list_names(model: type) -> list[str]:
    """The first few columns worth a list: no long text, no document, no counted key where a text names the record."""
    named = [name for name in shown_names(model) if not _is_bulky(model, name)]
    if _has_own_name(model):
        named = [name for name in named if not _is_counted_key(model, name)]
    return named[:IN_A_LIST]


def _is_bulky(model: type, name: str) -> bool:
    column = column_of(model, name)
    return column is not None and kind_of(column) in {"long", "json", "other"} and not is_line(name, column)


def _has_own_name(model: type) -> bool:
    columns = (attribute.columns[0] for attribute in mapper_of(model).column_attrs)
    return any(kind_of(c) == "text" and not c.nullable and not is_secret(c) and not c.foreign_keys for c in columns)


def _is_counted_key(model: type, name: str) -> bool:
    """Whether the database counts the attribute up; a child class's key is its parent's, counted up there."""
    attribute = mapper_of(model).column_attrs.get(name)
    return attribute is not None and any(map(is_counted, attribute.columns))


def details_names(model: type) -> list[str]:
    """All that may be shown of one record, many-to-many relations included."""
    return [*shown_names(model), *many_to_many(model)]


def many_to_many(model: type) -> list[str]:
    relations = mapper_of(model).relationships
    return [str(r.key) for r in relations if r.direction.name == "MANYTOMANY" and not r.viewonly]


def search_names(model: type) -> list[str]:
    """Own short texts, and the text that names each to-one related record."""
    own = [
        str(attribute.key)
        for attribute in mapper_of(model).column_attrs
        if is_line(str(attribute.key), attribute.columns[0]) and not is_secret(attribute.columns[0])
        and not attribute.columns[0].foreign_keys
    ]  # fmt: skip
    related = [(name, first_text(relation.mapper.class_)) for name, relation in to_one_relations(model).items()]
    return own + [f"{name}.{text}" for name, text in related if text is not None]


def filter_names(model: type) -> list[str]:
    """Columns with few or ordered values, and foreign keys."""
    relations = relation_by_column(model)
    names: list[str] = []
    for attribute in mapper_of(model).column_attrs:
        column = attribute.columns[0]
        if is_secret(column) or not isinstance(column, sa.Column) or len(attribute.columns) > 1:
            continue
        if column.info.get("marks_deletion"):
            continue
        if column.foreign_keys or (kind_of(column) in FILTERED and not column.primary_key):
            names.append(str(relations[column].key if column in relations else attribute.key))
    return list(dict.fromkeys(names))


def sort_columns(model: type, names: Iterable[str]) -> list[Any]:
    """What a list can be sorted by: its own columns, and relations by the text that names them."""
    relations = to_one_relations(model)
    found: list[Any] = []
    for name in names:
        if name in relations:
            text = first_text(relations[name].mapper.class_)
            found += [(name, f"{name}.{text}")] if text is not None else []
        elif (column := column_of(model, name)) is not None and kind_of(column) != "file":
            found.append(name)
    return found


def default_order(model: type) -> list[tuple[str, bool]]:
    """Newest first where the database counts keys up, else by key: pairs of attribute and whether descending."""
    mapper = mapper_of(model)
    return [(str(mapper.get_property_by_column(c).key), is_counted(c)) for c in mapper.primary_key]


def form_names(model: type) -> list[str]:
    """What a form offers: columns a person can fill in, to-one and many-to-many relations; own keys too."""
    return [name for name in details_names(model) if not _is_filled_by_itself(model, name)]


def _is_filled_by_itself(model: type, name: str) -> bool:
    column = column_of(model, name)
    if column is None:
        return False
    computed = not isinstance(column, sa.Column) or column.computed is not None or column.identity is not None
    return computed or bool(column.info.get("automatic")) or _is_counted_key(model, name) or kind_of(column) == "other"


def refuse_secrets(view: Any) -> None:
    """Raise if an option of the view names a secret column.

    Raises:
        SetupError: it does; the text names view, option and column.
    """
    for option, name in named_secrets(view):
        raise SetupError(
            f"{type(view).__name__}.{option} names {name!r}, which holds a secret.",
            fix=f"take {name!r} out; if it is no secret, say so in the model: mapped_column(info={{'secret': False}}).",
        )


def refuse_undated(view: Any, name: str) -> None:
    """Raise if `column_date_hierarchy` names anything but a date column of the model.

    Raises:
        SetupError: it does; the text names the columns that would do.
    """
    dated = [str(a.key) for a in mapper_of(view.model).column_attrs if kind_of(a.columns[0]) in {"date", "datetime"}]
    if name not in dated:
        raise SetupError(
            f"{type(view).__name__}.column_date_hierarchy names {name!r}, which is no date column of"
            f" {view.model.__name__}.",
            fix=f"name one of these, or leave it out: {', '.join(dated) or 'there is none'}.",
        )


def named_secrets(view: Any) -> list[tuple[str, str]]:
    """Pairs of option and secret column that the view's options name."""
    return [
        (option, name)
        for option in NAMING_OPTIONS
        for name in map(_spoken_name, getattr(view, option, None) or ())
        if name is not None and names_secret(view.model, name)
    ]


def _spoken_name(item: Any) -> str | None:
    if isinstance(item, tuple):
        item = item[1] if len(item) > 1 else item[0]
    if isinstance(item, str):
        return item
    column = getattr(item, "column", item)
    return None if column is None else str(getattr(column, "key", column))


def names_secret(model: type, path: str) -> bool:
    """Whether a (dotted) attribute path ends at a secret column."""
    *heads, last = path.split(".")
    if not heads:  # asked at start, when no mapper need be configured yet
        own = mapper_of(model).columns.get(last)
        return own is not None and is_secret(own)
    for head in heads:
        relation = mapper_of(model).relationships.get(head)
        if relation is None:
            return False
        model = relation.mapper.class_
    column = column_of(model, last)
    return column is not None and is_secret(column)
