"""One row, tried or written: found by its key, through the view's own form and hooks, inside a savepoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from demijohn.admin.digests import is_unchanged, record_digest
from demijohn.admin.faults import fault_of
from demijohn.admin.formatting import plain_text
from demijohn.admin.forms import attribute_name
from demijohn.admin.imports.mapping import Target, targets_of
from demijohn.admin.imports.outcomes import Outcome
from demijohn.admin.imports.values import Reader, WrongCellError
from demijohn.admin.keys import parse_value
from demijohn.admin.kinds import column_of
from demijohn.admin.saving import Saving
from demijohn.admin.scoping import for_me, shown_value
from demijohn.auth.rows import forget_rows

MEANWHILE = "Somebody changed this record after the check."
THERE_NOW = "There is such a record by now; there was none when this was checked."
GONE_NOW = "This record is gone by now."


class WrongRowError(ValueError):
    """The row can't be written; `problems` say why, for people."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass(kw_only=True)
class Rows:
    """Tries the rows of one import.

    Attributes:
        mapping: position of a column -> field.
        key, mode: as `AdminImport` has them.
        width: how many columns the file has.
        seen: keys of rows before, each of which may come once.
        written: records and forms whose hooks are to be called once all is committed.
    """

    view: Saving
    mapping: Mapping[str, str]
    key: str
    mode: str
    width: int
    reader: Reader = field(default_factory=Reader)
    seen: dict[str, int] = field(default_factory=dict)
    written: list[tuple[Any, Any, bool]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.targets = targets_of(self.view)

    def attempt(self, row: int, cells: list[str], expected: Outcome | None = None) -> Outcome:
        """What the row does; what it wrote stays in the session's transaction, unless it is wrong.

        Args:
            expected: what the check found, if this is the write.
        """
        session = self.view.db_session
        savepoint = session.begin_nested()
        try:
            outcome = self.write(row, cells, expected)
        except Exception as error:
            savepoint.rollback()
            problems = self.problems_of(error)
            if problems is None:
                raise
            return Outcome(row=row, does="wrong", title=self.title_of(cells), problems=problems)
        if outcome.does == "same":
            savepoint.rollback()
        else:
            savepoint.commit()
        return outcome

    def problems_of(self, error: Exception) -> list[str] | None:
        """What is wrong, for people; None if it is nothing that they can correct."""
        if isinstance(error, WrongRowError):
            return error.problems
        if isinstance(error, ValidationError | WrongCellError):
            return [str(error)]
        fault = fault_of(error, self.view.model.__table__)
        if fault is None:
            return None
        names = ", ".join(str(self.view.get_column_name(name)) for name in fault.columns)
        return [f"{names}: {fault.text}" if names else fault.text]

    def write(self, row: int, cells: list[str], expected: Outcome | None) -> Outcome:
        if len(cells) > self.width and any(cells[self.width :]):
            raise WrongRowError(f"This row has {len(cells)} cells, and there are {self.width} columns.")
        texts = {name: cells[int(at)] if int(at) < len(cells) else "" for at, name in self.mapping.items()}
        record = self.find(row, texts)
        self.refuse(record, expected)
        verb = "edit" if record is not None else "create"
        if not (self.view.can_edit if record is not None else self.view.can_create) or not self.view.permits(
            verb, record
        ):
            raise WrongRowError(f"You may not {verb} this record.")
        digest = record_digest(record, self.view.digested_names()) if record is not None else ""
        form = self.form_for(record, texts, verb)
        if not form.validate():
            raise WrongRowError(*faults_on(form))
        return self.put(row, record, form, digest)

    def put(self, row: int, record: Any, form: Any, digest: str) -> Outcome:
        """Write the form into the record, and say what that changed."""
        before = self.shown(record, form)
        if record is not None and not has_changes(record, form):
            return Outcome(row=row, does="same", title=str(record), digest=digest)
        is_created = record is None
        record = self.view.build_new_instance() if is_created else record
        self.view.write(form, record, is_created=is_created)
        self.view.db_session.flush()
        self.written.append((form, record, is_created))
        after = self.shown(record, form)
        changes = [(label, before.get(label, ""), new) for label, new in after.items() if before.get(label, "") != new]
        return Outcome(
            row=row, does="new" if is_created else "changed", title=str(record), digest=digest, changes=changes
        )

    def find(self, row: int, texts: dict[str, str]) -> Any:
        """The record that the row is about; None for a new one."""
        if not self.key:
            return None
        text = texts[self.key]
        if not text:
            if self.mode == "update" or not self.only_finds(self.key):
                raise WrongRowError("The cell by which to find the record is empty.")
            return None
        earlier = self.seen.setdefault(text, row)
        if earlier != row:
            raise WrongRowError(f"Row {earlier} is about the same record.")
        column = column_of(self.view.model, self.key)
        value = parse_value(column, text)
        if value is None:
            raise WrongRowError(f"{text[:80]!r} can't be a {self.key}.")
        forget_rows()
        wanted = for_me(self.view.get_query(), self.view.model).filter(column == value)
        return wanted.one_or_none()

    def only_finds(self, name: str) -> bool:
        return any(target.name == name and target.only_finds for target in self.targets)

    def refuse(self, record: Any, expected: Outcome | None) -> None:
        """Raise if the row may not do what it would, or no longer does what the check said."""
        if record is None and self.key and self.mode == "update":
            raise WrongRowError("There is no record with this key.")
        if record is not None and self.mode == "create":
            raise WrongRowError("There is a record with this key already.")
        if expected is None:
            return
        if expected.does == "new" and record is not None:
            raise WrongRowError(THERE_NOW)
        if expected.does == "changed" and (record is None or not self.view.lock(record)):
            raise WrongRowError(GONE_NOW)
        if record is not None and not is_unchanged(record, self.view.digested_names(), [expected.digest]):
            raise WrongRowError(MEANWHILE)

    def form_for(self, record: Any, texts: dict[str, str], verb: str) -> Any:
        """The view's form with the mapped fields alone, as if somebody had sent it."""
        cls = self.view._edit_form_class if record is not None else self.view._create_form_class
        empty = self.view.permitted_form(cls(MultiDict(), obj=record), verb, record)
        needed = {target.name for target in self.targets if target.is_required}
        offered = {attribute_name(name): name for name in empty._fields}
        closed = [name for name in texts if name not in offered and not self.only_finds(name)]
        if closed:
            raise WrongRowError(f"You may not set {', '.join(closed)}.")
        sent = self.sent({name: empty[offered[name]] for name in texts if name in offered}, texts)
        form = self.view.permitted_form(cls(sent, obj=record), verb, record)
        for name in list(form._fields):
            is_missed = record is None and attribute_name(name) in needed
            if attribute_name(name) not in texts and not is_missed:
                del form[name]
        return form

    def sent(self, fields: dict[str, Any], texts: dict[str, str]) -> Any:
        sent, wrong = MultiDict[str, str](), []
        for name, one in fields.items():
            try:
                sent.setlist(one.name, self.reader.sent(one, texts[name]))
            except WrongCellError as error:
                wrong.append(f"{one.label.text}: {error}")
        if wrong:
            raise WrongRowError(*wrong)
        sent["_import"] = "1"  # never empty, so that a form with all its fields cleared counts as sent
        return sent

    def shown(self, record: Any, form: Any) -> dict[str, str]:
        """Label -> text of the fields at hand."""
        if record is None:
            return {}
        return {
            str(one.label.text): plain_text(shown_value(record, attribute_name(name)))
            for name, one in form._fields.items()
        }

    def title_of(self, cells: list[str]) -> str:
        """A row that makes no record, by its key or first cell."""
        at = next((int(at) for at, name in self.mapping.items() if name == self.key), 0)
        return cells[at][:80] if at < len(cells) else ""


def has_changes(record: Any, form: Any) -> bool:
    return any(is_other(getattr(record, attribute_name(name), None), one.data) for name, one in form._fields.items())


def is_other(old: Any, new: Any) -> bool:
    if isinstance(old, list | set) and isinstance(new, list | set):
        return {id(one) for one in old} != {id(one) for one in new}
    if hasattr(old, "microsecond") and hasattr(new, "microsecond"):
        return bool(old.replace(microsecond=0) != new.replace(microsecond=0))
    return bool(old != new)


def faults_on(form: Any) -> list[str]:
    """The errors of a form, each with its field."""
    found = [f"{one.label.text}: {text}" for one in form._fields.values() for text in texts_in(one.errors)]
    return [*found, *map(str, form.form_errors)] or ["This row is not valid."]


def texts_in(errors: Any) -> list[str]:
    if isinstance(errors, str):
        return [errors]
    return [text for one in errors for text in texts_in(one)]
