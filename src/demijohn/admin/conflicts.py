"""Two versions of one record, side by side, and what is taken of each."""

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from flask import request
from wtforms.fields import FieldList, FormField

from demijohn.admin.digests import related_value, stored_value, was_shown
from demijohn.admin.formatting import plain_text
from demijohn.admin.forms import attribute_name
from demijohn.admin.history import last_change
from demijohn.admin.inlines.fields import inlines_of, is_inline
from demijohn.admin.kinds import mapper_of
from demijohn.admin.scoping import shown, shown_value
from demijohn.admin.words import gettext

TAKE = "take-"
"""Before a field's name: which version of it is saved, `saved` or `mine`."""


@dataclass(frozen=True, kw_only=True)
class ConflictField:
    """One field in both versions, as people read it.

    Attributes:
        changed_by: who changed it since the form was shown, as far as the form tells.
    """

    name: str
    label: str
    theirs: str
    yours: str
    differs: bool
    changed_by: Literal["them", "you", "both"]

    @property
    def takes(self) -> str:
        """The version that is chosen at first: the saved one only of what this person did not touch."""
        return "saved" if self.changed_by == "them" else "mine"


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """What somebody else saved against what this person typed; who and when, if the audit knows."""

    fields: list[ConflictField]
    who: str | None
    when: dt.datetime | None


def conflict_of(view: Any, form: Any, record: Any) -> Conflict:
    """The comparison of a form as typed with the record as it is now."""
    plain = {name: field for name, field in form._fields.items() if not is_inline(field)}
    values = request.form.get("shown_values", "")
    fields = [_compare(name, field, record, values) for name, field in plain.items()]
    fields += [one for rows in inlines_of(form) for one in _compare_rows(rows)]
    who, when = last_change(view, record)
    return Conflict(fields=fields, who=who, when=when)


def _compare_rows(rows: Any) -> Iterator[ConflictField]:
    """Each field of the related records that somebody changed meanwhile, and those that are gone."""
    for entry in rows.stale():
        number = rows.entries.index(entry) + 1
        title = f"{rows.label.text} {number}"
        if entry.is_gone:
            typed = ", ".join(plain_text(shown(field.data)) for _, field in entry.fields())
            yield ConflictField(
                name=entry.name,
                label=title,
                theirs=gettext("deleted meanwhile"),
                yours=typed,
                differs=False,
                changed_by="them",
            )
            continue
        for name, field in entry.fields():
            yield _compare(name, field, entry.record, entry.sent_values, title=f"{title}, ")


def _compare(name: str, field: Any, record: Any, values: str, *, title: str = "") -> ConflictField:
    attribute = attribute_name(name)
    theirs = plain_text(shown_value(record, attribute))
    yours = plain_text(shown(field.data)) if not field.errors else " ".join(map(str, field.raw_data or ()))
    return ConflictField(
        name=field.name,
        label=f"{title}{field.label.text}",
        theirs=theirs,
        yours=yours,
        differs=theirs != yours,
        changed_by=changer(field, record, attribute, values),
    )


def changer(field: Any, record: Any, attribute: str, values: str) -> Literal["them", "you", "both"]:
    """Who changed a field, by the digests of its values that came with the form; both, if they do not say."""
    if was_shown(values, record, attribute, stored_value(record, attribute)):
        return "you"
    if field.errors or isinstance(field, FieldList | FormField):
        return "both"
    is_relation = attribute in mapper_of(type(record)).relationships
    typed = related_value(record, attribute, field.data) if is_relation else field.data
    return "them" if was_shown(values, record, attribute, typed) else "both"


@contextmanager
def leaving_saved(form: Any, record: Any) -> Iterator[None]:
    """The form without the fields of which the saved version was chosen; they come back holding that."""
    with ExitStack() as stack:
        stack.enter_context(_leaving_saved(form, record))
        for entry in (entry for rows in inlines_of(form) for entry in rows.entries if entry.record is not None):
            stack.enter_context(_leaving_saved(entry.form, entry.record))
        yield


@contextmanager
def _leaving_saved(form: Any, record: Any) -> Iterator[None]:
    fields = dict(form._fields)
    left = [name for name, field in fields.items() if request.form.get(f"{TAKE}{field.name}") == "saved"]
    for name in left:
        del form._fields[name]
    yield
    for name in left:
        fields[name].process(None, getattr(record, attribute_name(name), None))
    form._fields.update({name: form._fields.pop(name, fields[name]) for name in fields})
