"""Which column of a file goes into which field: the fields offered, the guess, and the ways to find a record."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_admin.form.upload import FileUploadField
from flask_admin.model.fields import InlineFieldList, InlineModelFormField
from wtforms import FileField, HiddenField, SubmitField

from demijohn.admin.forms import attribute_name
from demijohn.admin.kinds import column_of, is_secret, mapper_of, to_one_relations
from demijohn.admin.saving import Saving
from demijohn.admin.uploads.fields import UploadField

PROBLEM = "Problem"
"""The title of the column that says what is wrong, in files of rows to correct."""

NOT_IMPORTED = (
    InlineFieldList,
    InlineModelFormField,
    FileUploadField,
    FileField,
    UploadField,
    HiddenField,
    SubmitField,
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A field that a column can go into.

    Attributes:
        name: the attribute; a key that no form offers is one too, to find records by.
        is_required: a new record needs it, and nobody fills it in.
        only_finds: it is never set, only compared.
    """

    name: str
    label: str
    is_required: bool = False
    only_finds: bool = False


def targets_of(view: Saving) -> list[Target]:
    """What this person may fill in, and the key to find records by."""
    fields: dict[str, Any] = {}
    for is_on, make in ((view.can_create, view.create_form), (view.can_edit, view.edit_form)):
        if is_on:
            fields |= {name: field for name, field in make()._fields.items() if name not in fields}
    found = [
        Target(name=attribute_name(name), label=str(field.label.text), is_required=is_needed(view.model, name, field))
        for name, field in fields.items()
        if not isinstance(field, NOT_IMPORTED) and attribute_name(name) in mapper_of(view.model).all_orm_descriptors
    ]
    known = {target.name for target in found}
    keys = [name for name in key_names(view.model) if name not in known and view.permits("view", None, name)]
    own = [Target(name=n, label=str(view.get_column_name(n)), only_finds=True) for n in keys]
    return [*own, *found]


def is_needed(model: type, name: str, field: Any) -> bool:
    column = column_of(model, attribute_name(name))
    has_default = column is not None and (column.default is not None or column.server_default is not None)
    return bool(field.flags.required) and not has_default


def key_names(model: type) -> list[str]:
    mapper = mapper_of(model)
    return [str(mapper.get_property_by_column(column).key) for column in mapper.primary_key]


def finding_names(model: type) -> list[str]:
    """Attributes whose value belongs to one record at most: a single key, and unique columns."""
    keys = key_names(model)
    table: Any = model.__table__  # type: ignore[attr-defined]
    alone = {
        next(iter(rule.columns)).name
        for rule in (*table.constraints, *table.indexes)
        if (isinstance(rule, sa.UniqueConstraint) or getattr(rule, "unique", False)) and len(rule.columns) == 1
    }
    unique = [
        str(attribute.key)
        for attribute in mapper_of(model).column_attrs
        if (attribute.columns[0].name in alone or getattr(attribute.columns[0], "unique", False))
        and not is_secret(attribute.columns[0])
    ]
    return list(dict.fromkeys([*(keys if len(keys) == 1 else ()), *unique]))


def guess(view: Saving, headers: list[str], targets: Iterable[Target]) -> dict[str, str]:
    """Position -> field, by name, label or the name of a relation's column; each field once."""
    names: dict[str, str] = {}
    relations = to_one_relations(view.model)
    for target in targets:
        spellings = [target.label, target.name, target.name.rstrip("_")]
        if target.name in relations:
            spellings += [str(column.name) for column in relations[target.name].local_columns]
        for spelling in spellings:
            names.setdefault(plain(spelling), target.name)
    found: dict[str, str] = {}
    for position, header in enumerate(headers):
        name = names.get(plain(header))
        if name is not None and name not in found.values() and header != PROBLEM:
            found[str(position)] = name
    return found


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def read_mapping(sent: Mapping[str, str], headers: list[str], targets: Iterable[Target]) -> dict[str, str]:
    """What a form says of the columns (`column-3=email`), as far as there are such fields."""
    known = {target.name for target in targets}
    said = {str(position): sent.get(f"column-{position}", "") for position in range(len(headers))}
    return {position: name for position, name in said.items() if name in known}


def faults_of(mapping: Mapping[str, str], key: str, mode: str, targets: Iterable[Target]) -> list[str]:
    """What is wrong with a mapping, for people."""
    labels = {target.name: target.label for target in targets}
    names = list(mapping.values())
    faults = [f"Two columns go into {labels[name]}." for name in dict.fromkeys(names) if names.count(name) > 1]
    if not names:
        faults.append("Choose a field for one column at least.")
    if key and key not in names:
        faults.append(f"Records are to be found by {labels.get(key, key)}, and no column goes there.")
    if mode == "update" and not key:
        faults.append("Choose how a row finds the record that it changes.")
    missing = [t.label for t in targets if t.is_required and t.name not in names] if mode != "update" else []
    if missing and mode == "create":
        faults.append(f"New records need {', '.join(missing)}.")
    return faults
