"""The preview of Markdown in forms."""

from typing import Any

from flask import request
from flask_admin import BaseView, expose

from demijohn.admin.formats.markdown import rendered


class MarkdownPage(BaseView):
    """For staff: nothing is read and nothing is kept."""

    def is_visible(self) -> bool:
        return False

    @expose("/", methods=("POST",))
    def index(self) -> Any:
        """The text that was sent, as HTML."""
        return str(rendered(request.form.get("text", "")))
