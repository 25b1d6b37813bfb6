"""What an entry of `inline_models` may say besides Flask-Admin's own."""

from dataclasses import dataclass
from typing import Any, Literal

from demijohn.errors import SetupError

LAYOUTS = ("table", "stacked")
PAGE_SIZE = 25
"""Related records that a form shows at once; our choice."""
MOST_COLUMNS = 6
"""Fields of a related record that still stand side by side; our choice."""


@dataclass(frozen=True, kw_only=True)
class InlineOptions:
    """The options of one list of related records.

    Attributes:
        layout: None leaves it to the number and kind of the fields.
        fk_name: which foreign key or relation of the related model leads here, where several do.
        page_size: how many the form shows at once.
        extra: how many empty rows wait to be filled in.
        max_rows: how many there may be in all; None for any number.
        order_by: an attribute that holds the place of each in their order.
    """

    layout: Literal["table", "stacked"] | None = None
    fk_name: str | None = None
    page_size: int = PAGE_SIZE
    extra: int = 0
    max_rows: int | None = None
    can_create: bool = True
    can_delete: bool = True
    order_by: str | None = None


def options_of(inline_view: Any) -> InlineOptions:
    """The options that an entry of `inline_models` holds as attributes.

    Raises:
        SetupError: the layout is none that there is.
    """
    given = {name: getattr(inline_view, name) for name in InlineOptions.__annotations__ if hasattr(inline_view, name)}
    options = InlineOptions(**given)
    if options.layout not in {None, *LAYOUTS}:
        raise SetupError(
            f"inline_models: {inline_view.model.__name__} has the layout {options.layout!r}, which is none.",
            fix='write layout="table" or layout="stacked", or leave it out.',
        )
    return options
