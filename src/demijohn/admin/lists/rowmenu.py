"""The menu of each row, drawn once a page: its entries differ by the row's key and digest alone.

Only Flask-Admin's own entries over our own templates are drawn so; any other is asked for every row.
"""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from flask_admin.model.template import DeleteRowAction, EditRowAction, TemplateLinkRowAction, ViewRowAction
from jinja2 import pass_context
from markupsafe import Markup

ALIKE = (ViewRowAction, EditRowAction, DeleteRowAction)
KEY, DIGEST = "dmRowKeyHere", "dmRowDigestHere"
TEMPLATE = "admin/model/row_actions.html"
OURS = str(Path(__file__).parents[1] / "templates" / TEMPLATE)


class AnyRow:
    """Stands for the row when an entry is drawn; knows nothing of itself."""


ANY_ROW = AnyRow()


class DrawnOnce:
    """Entries beside each other that were drawn for any row and are filled in for each."""

    def __init__(self, actions: list[TemplateLinkRowAction], context: Any) -> None:
        self.actions = actions
        self.context = context
        self.digest: Callable[[Any], str] = context.resolve("row_digest")
        self.drawn = "".join(str(action.render(context, KEY, ANY_ROW)) for action in actions)
        self.has_digest = DIGEST in self.drawn

    def render_ctx(self, row_id: Any, row: Any) -> Any:
        """The entries of one row."""
        text = str(row_id)
        if not (text.isascii() and text.isalnum()):  # written differently in an address
            return Markup().join(action.render(self.context, row_id, row) for action in self.actions)
        drawn = self.drawn.replace(KEY, text)
        return Markup(drawn.replace(DIGEST, self.digest(row)) if self.has_digest else drawn)  # noqa: S704 - of 0-9, a-z


@pass_context
def draw_once(context: Any, actions: list[Any]) -> list[Any]:
    """The entries of a list's rows, drawn as far as they are alike in every row."""
    if context.environment.get_template(TEMPLATE).filename != OURS:
        return actions
    groups = groupby(actions, key=lambda action: type(action) in ALIKE)
    return [
        entry for is_alike, some in groups for entry in ([DrawnOnce(list(some), context)] if is_alike else list(some))
    ]
