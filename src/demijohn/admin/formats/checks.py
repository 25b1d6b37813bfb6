"""What `flask check` asks about formats."""

from collections.abc import Iterator

from flask import Flask

from demijohn.admin.checks import views_of
from demijohn.admin.formats.markdown import can_render
from demijohn.admin.formats.recognizing import format_of
from demijohn.admin.kinds import mapper_of
from demijohn.contributions import Check, Problem


def check_markdown(app: Flask) -> Iterator[Problem]:
    """admin.W006: columns hold Markdown, and what renders it is not installed."""
    if can_render():
        return
    for view in views_of(app):
        found = {a.key: format_of(a.columns[0]) for a in mapper_of(view.model).column_attrs}
        name = next((name for name, one in found.items() if one is not None and one.format == "markdown"), None)
        if name is not None:
            yield Problem(
                id="admin.W006",
                level="warning",
                text=f"{view.model.__name__}.{name} holds Markdown, which is shown as it was written.",
                fix="pip install 'demijohn[markdown]'",
            )
            return


FORMAT_CHECKS = (Check(name="Markdown can be rendered", run=check_markdown),)
