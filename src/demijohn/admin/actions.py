"""action: a bulk action of a view that names the permission it asks for."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask_admin.actions import action as flask_admin_action

F = TypeVar("F", bound=Callable[..., Any])


def action(
    name: str, text: str, confirmation: str | None = None, *, permission: str = "edit", background: bool = False
) -> Callable[[F], F]:
    """A method of a view that is offered for the chosen records of its list.

    The method gets their keys, in the column's own type, and may return a response. Further parameters are asked of the
    person in a form made of their annotations: str, int, float, Decimal, bool, date, datetime, LongText, an Enum or a
    Literal, a model's class or a list of it (a look-up), `X | None`, `Annotated[X, validator]`; defaults stand in it. A
    `wtforms.ValidationError` is shown there.

    Args:
        name: what the form sends.
        text: what people read.
        confirmation: the question asked first; none is asked without it.
        background: whether it runs as background work, for a hundred keys at a time, each call in a transaction of its
            own, and so for up to 100,000 records; what it returns is dropped.
        permission: the verb of the permission it needs: `view`, `create`, `edit`, `delete` or `export`.
    """

    def mark(method: F) -> F:
        method.permission = permission  # type: ignore[attr-defined]
        method.background = background  # type: ignore[attr-defined]
        return cast("F", flask_admin_action(name, text, confirmation)(method))

    return mark
