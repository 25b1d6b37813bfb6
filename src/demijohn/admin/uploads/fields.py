"""The form field of a file: what is there, another one, none; what was chosen stays so while a form is corrected."""

from typing import Any

from flask import current_app, render_template
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from wtforms import fields
from wtforms.utils import unset_value
from wtforms.validators import DataRequired, InputRequired, Optional, StopValidation
from wtforms.widgets import html_params

from demijohn.admin.uploads.showing import Shown, shown_record_file, shown_staged_file
from demijohn.admin.uploads.store import UnwantedFileError, endings_of, store_file
from demijohn.admin.uploads.tokens import file_of, token_of
from demijohn.admin.words import gettext
from demijohn.database.uploads import StoredFile

KEPT, REMOVE = "-kept", "-remove"


class UploadWidget:
    """What is there, with its picture; a place to drop another one; a box to take it away."""

    def __call__(self, field: "UploadField", **kwargs: Any) -> Markup:
        kwargs = {"id": field.id, "name": field.name, "type": "file", "accept": endings_of(field.upload), **kwargs}
        kwargs.pop("required", None)  # the file that is there already counts
        page = render_template("admin/uploads/field.html", field=field, params=html_params(**kwargs))
        return Markup(page)  # noqa: S704 - our template


class UploadField(fields.Field):
    """A file of a record.

    Sends `<name>` (a file), `<name>-kept` (one that was sent before, signed) and `<name>-remove`.
    """

    widget = UploadWidget()

    data: Any

    def __init__(self, label: Any = None, validators: Any = None, *, column: Any, **kwargs: Any) -> None:
        self.owner_form = kwargs.get("_form")
        self.upload = column.type
        self.attribute = str(column.key)
        self.place = f"{column.table.name}.{column.key}"
        self.is_optional = bool(column.nullable)
        self.chosen: FileStorage | None = None
        self.staged: StoredFile | None = None
        self.present: StoredFile | None = None
        super().__init__(label, fitting_checks(validators, is_optional=self.is_optional), **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.sent = formdata
        super().process(formdata, data, extra_filters)

    def process_data(self, value: Any) -> None:
        self.data = self.present = value if isinstance(value, StoredFile) else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent; nothing is stored yet."""
        files = [one for one in valuelist if isinstance(one, FileStorage) and one.filename]
        self.chosen = files[-1] if files else None
        kept = self.sent.get(f"{self.name}{KEPT}")
        if self.chosen is not None:
            self.data = self.chosen
        elif self.sent.get(f"{self.name}{REMOVE}"):
            self.data = None if self.is_optional else self.present
        elif kept:
            self.data = self.staged = file_of(kept, self.place)
            if self.staged is None:
                self.data = self.present
                raise ValueError(gettext("The file is no longer kept. Choose it again."))
        self.raw_data = [one.filename for one in files] or [str(self.staged or "")]

    def pre_validate(self, form: Any) -> None:
        """Store what was chosen, here and not earlier: only now is it known that this person may fill in the field."""
        if self.process_errors:
            raise StopValidation
        if self.chosen is not None:
            self.data = self.present
            self.data = self.staged = stage(self.chosen, self.upload)

    @property
    def kept_token(self) -> str:
        """What a form that comes back carries of the file that was sent with it."""
        return token_of(self.staged, self.place) if self.staged is not None else ""

    @property
    def shown(self) -> Shown | None:
        """The file that a save would leave: the one just sent, else the record's."""
        if self.staged is not None:
            return shown_staged_file(self.staged, self.kept_token)
        record = getattr(self.owner_form, "_obj", None)
        return shown_record_file(record, self.attribute, self.present) if self.present is not None else None


def fitting_checks(given: Any, *, is_optional: bool) -> list[Any]:
    """The checks of a column, by what the field holds and not by what was sent."""
    checks = [check for check in given or () if not isinstance(check, Optional | InputRequired | DataRequired)]
    return checks if is_optional else [DataRequired(gettext("Choose a file.")), *checks]


def stage(chosen: FileStorage, upload: Any) -> StoredFile:
    """The file, stored and held by nothing yet.

    Raises:
        StopValidation: it is not taken, or could not be stored.
    """
    try:
        return store_file(chosen.stream, chosen.filename or "", upload=upload)
    except UnwantedFileError as unwanted:
        raise StopValidation(str(unwanted)) from unwanted
    except OSError as error:
        current_app.logger.error("a file could not be stored: %s", error)  # noqa: TRY400 - the folder, not the code
        raise StopValidation(gettext("The file could not be stored. Tell your administrator.")) from error
