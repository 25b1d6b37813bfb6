"""Entries in a row's menu that lead out of the view, as a battery declared them (`contributions.RowLink`)."""

from typing import Any

from flask import url_for
from flask_admin.model.template import BaseListRowAction
from markupsafe import Markup

from demijohn.assets import dm_icon
from demijohn.contributions import RowLink


class RowLinkAction(BaseListRowAction):
    """One entry; nothing where it is not offered for the row."""

    def __init__(self, link: RowLink) -> None:
        super().__init__(title=link.label)
        self.link = link

    def render(self, context: Any, row_id: Any, row: Any) -> Markup:
        """The entry as markup."""
        del context
        if not self.link.is_offered(row):
            return Markup()
        address, icon = url_for(self.link.endpoint, **{self.link.argument: row_id}), dm_icon(self.link.icon)
        return Markup('<a class="dm-item" href="{}">{} {}</a>').format(address, icon, self.link.label)
