"""Two versions of one record, side by side."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from demijohn.admin.formatting import plain_text
from demijohn.admin.forms import attribute_name
from demijohn.admin.history import last_change
from demijohn.admin.scoping import shown, shown_value


@dataclass(frozen=True, kw_only=True)
class ConflictField:
    """One field in both versions, as people read it."""

    name: str
    label: str
    theirs: str
    yours: str
    differs: bool


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """What somebody else saved against what this person typed; who and when, if the audit knows."""

    fields: list[ConflictField]
    who: str | None
    when: dt.datetime | None


def conflict_of(view: Any, form: Any, record: Any) -> Conflict:
    """The comparison of a form as typed with the record as it is now."""
    fields = [_compare(name, field, record) for name, field in form._fields.items()]
    who, when = last_change(view, record)
    return Conflict(fields=fields, who=who, when=when)


def _compare(name: str, field: Any, record: Any) -> ConflictField:
    attribute = attribute_name(name)
    theirs = plain_text(shown_value(record, attribute))
    yours = plain_text(shown(field.data)) if not field.errors else " ".join(map(str, field.raw_data or ()))
    label = str(field.label.text)
    return ConflictField(name=attribute, label=label, theirs=theirs, yours=yours, differs=theirs != yours)
