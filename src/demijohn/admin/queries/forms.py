"""The form of a query."""

from typing import Any

from flask import current_app
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from demijohn.admin.queries.answers import QueryRefused
from demijohn.admin.queries.showing import kinds
from demijohn.admin.words import gettext
from demijohn.auth.permissions import all_permissions

LONGEST = 20_000


def stripped(text: Any) -> Any:
    return text.replace("\x00", "").replace("\r\n", "\n").strip() if isinstance(text, str) else text


class QueryForm(Form):
    """What is kept of a query."""

    title = StringField(validators=[InputRequired(), Length(max=120)], filters=[stripped])
    description = TextAreaField(validators=[Length(max=2_000)], filters=[stripped])
    sql = TextAreaField(validators=[InputRequired(), Length(max=LONGEST)], filters=[stripped])
    shown_as = SelectField(default="table")
    permission = SelectField(default="")
    is_on_board = BooleanField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        holders = [(name, gettext("who holds %(permission)s", permission=name)) for name in all_permissions(app)]
        self.permission.choices = [("", gettext("only who writes queries")), *holders]
        self.shown_as.choices = list(kinds().items())
        self.sql.description = gettext("One SELECT. Write :name for what is asked of whoever runs it.")
        for name, text in labels().items():
            self[name].label.text = text


def labels() -> dict[str, str]:
    return {
        "title": gettext("Title"),
        "description": gettext("Description"),
        "sql": "SQL",
        "shown_as": gettext("Shown as"),
        "permission": gettext("Who sees the answer"),
        "is_on_board": gettext("On the first page, as a tile"),
    }


def located(refused: QueryRefused, sql: str) -> str:
    """What was wrong, and where."""
    if refused.position is None:
        return str(refused)
    before = sql[: refused.position]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return gettext("Line %(line)d, column %(column)d: %(fault)s", line=line, column=column, fault=str(refused))
