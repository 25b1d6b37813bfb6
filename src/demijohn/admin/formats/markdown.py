"""Markdown as HTML, by markdown-it-py (the extra `markdown`): raw HTML is text, links lead to web and mail only.

Without the library the text is shown as it was written.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

from markupsafe import Markup, escape

LONGEST = 200_000
"""Characters that are rendered; longer text is shown as it was written. Our choice."""
WRITTEN = Markup('<div class="dm-written">%s</div>')
RENDERED = Markup('<div class="dm-markdown">%s</div>')


def can_render() -> bool:
    """Whether the library is there."""
    return find_spec("markdown_it") is not None


@cache
def renderer() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    return parser.disable(["image", "html_block", "html_inline"])  # a picture would be fetched from wherever it says


def rendered(text: str) -> Markup:
    """The text as markup that is safe on our pages."""
    if not can_render() or len(text) > LONGEST:
        return WRITTEN % escape(text)
    return RENDERED % Markup(renderer().render(text))  # noqa: S704 - made without raw HTML
