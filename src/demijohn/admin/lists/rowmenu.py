"""The menu of each row, drawn once a page: its entries differ by the row's key and digest alone.

Only Flask-Admin's own entries over our own templates are drawn so; any other is asked for every row.
"""

from collections.abc import Callable
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
    """An entry that was drawn for any row and is filled in for each."""

    def __init__(self, action: TemplateLinkRowAction, context: Any, digest: Callable[[Any], str]) -> None:
        self.action = action
        self.context = context
        self.digest = digest
        self.drawn = str(action.render(context, KEY, ANY_ROW))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.action, name)

    def render_ctx(self, row_id: Any, row: Any) -> Any:
        """The entry of one row."""
        text = str(row_id)
        if not (text.isascii() and text.isalnum()):  # written differently in an address
            return self.action.render(self.context, row_id, row)
        drawn = self.drawn.replace(KEY, text)
        return Markup(drawn.replace(DIGEST, self.digest(row)) if DIGEST in drawn else drawn)  # noqa: S704 - of 0-9, a-z


@pass_context
def draw_once(context: Any, actions: list[Any]) -> list[Any]:
    """The entries of a list's rows, drawn as far as they are alike in every row."""
    if context.environment.get_template(TEMPLATE).filename != OURS:
        return actions
    digest = context.resolve("row_digest")
    return [DrawnOnce(action, context, digest) if type(action) in ALIKE else action for action in actions]
