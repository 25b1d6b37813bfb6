"""page: a function that is a page of the dashboard; what it returns is shown in the shell."""

import decimal
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, abort, request
from flask_admin import BaseView, expose
from markupsafe import Markup

from demijohn import assets, clock
from demijohn.admin.access import STAFF, may, turn_away
from demijohn.admin.board.charts import drawn
from demijohn.admin.board.figures import Figure, figure_of
from demijohn.admin.board.tables import Table, cell_of, named, names_of, table_of, title_of
from demijohn.admin.exports.formats import FORMATS
from demijohn.admin.formatting import in_words
from demijohn.admin.history import has_audit
from demijohn.auth.extension import auth_of
from demijohn.database.base import db
from demijohn.errors import SetupError
from demijohn.security.disposition import attachment

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__demijohn_page__"
DASHES = str.maketrans("-/.", "___")
ROWS = "rows"
"""What rows are called that a page returns without a name."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A page as it was declared."""

    name: str
    permission: str
    category: str | None
    icon: str | None
    url: str | None
    template: str | None
    methods: tuple[str, ...]


def page(  # noqa: PLR0913 - keywords, each optional
    name: str,
    *,
    permission: str = STAFF,
    category: str | None = None,
    icon: str | None = None,
    url: str | None = None,
    template: str | None = None,
    methods: Iterable[str] = ("GET",),
) -> Callable[[F], F]:
    """A function without arguments that is a page of the dashboard, given to `create_app(admin_views=[…])`.

    It returns rows, or a mapping of names to rows, numbers, texts and `{label: number}`, which the page shows by itself
    or the template gets; `Markup` for the page's content; or a response. With a status behind it: `(answer, 422)`.

    Args:
        name: what the menu and the page's title say.
        permission: asked before the function is called; roles can be given it.
        category: the menu group.
        icon: a name in the sprite `icons.svg`.
        url: its address; by itself `/admin/stock-report` for `stock_report`. It names the endpoint as well:
            `admin_page_stock_report.index`.
        template: by itself `admin/pages/stock_report.html`, if the project has it.
        methods: what its address answers to.

    Raises:
        SetupError: there is no such icon, or the parentheses were forgotten.
    """
    if callable(name):
        raise SetupError(
            f"@page stands above {getattr(name, '__name__', name)} without a name for the menu.",
            fix=f'write @page("{in_words(getattr(name, "__name__", "page"))}").',
        )
    if icon is not None and f'id="{icon}"' not in (Path(assets.STATIC) / "icons.svg").read_text():
        raise SetupError(
            f"the page {name!r} names the icon {icon!r}, and there is none.",
            fix="take one of src/demijohn/static/icons.svg, as in icon='chart', or none.",
        )
    described = Described(
        name=name,
        permission=permission,
        category=category,
        icon=icon,
        url=url,
        template=template,
        methods=tuple(methods),
    )

    def mark(function: F) -> F:
        setattr(function, MARK, described)
        return function

    return mark


def is_page(view: Any) -> bool:
    return inspect.isfunction(view) and hasattr(view, MARK)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that a page shows by itself; one of the rest is there.

    Attributes:
        number, text: as people read them; markup of the page's own stays as it is.
        table: with the address of its rows as a file.
        figure: with its drawing.
    """

    label: str
    number: str | None = None
    text: str | None = None
    is_markup: bool = False
    table: Table | None = None
    csv_url: str | None = None
    figure: Figure | None = None
    chart: Markup | None = None


class OwnPage(BaseView):
    """The page that a function makes."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.described: Described = getattr(function, MARK)
        self._urls = [("/", "index", self.described.methods)]
        url = self.described.url or f"/admin/{function.__name__.replace('_', '-')}"
        super().__init__(
            name=self.described.name,
            category=self.described.category,
            endpoint="admin_page_" + url.removeprefix("/admin/").strip("/").translate(DASHES),
            url=url,
            menu_icon_type="icon" if self.described.icon else None,
            menu_icon_value=self.described.icon,
        )

    def is_accessible(self) -> bool:
        return may(self.described.permission)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        del name, kwargs
        return turn_away()

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    @expose("/")
    def index(self) -> Any:
        """What the function returned, in the shell; its rows as a file with `?csv=<name>`."""
        returned = self.function()
        has_status = isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], int)
        answer, status = returned if has_status else (returned, 200)
        if isinstance(answer, str):
            answer = {"content": answer}
        elif not isinstance(answer, Mapping):
            if not isinstance(answer, Iterable) or isinstance(answer, Response):
                return returned
            answer = {ROWS: answer}
        if request.method == "GET" and "csv" in request.args:
            return self.file(answer.get(request.args["csv"]))
        return self.filled(answer), status

    def filled(self, context: Mapping[str, Any]) -> str:
        own = self.described.template or f"admin/pages/{self.function.__name__}.html"
        templates: Any = own if self.described.template else [own, "admin/page.html"]
        shown: str = self.render(templates, **context, page_context=context)
        return shown

    def file(self, given: Any) -> Response:
        """Rows of the page as CSV, recorded by the audit."""
        if not are_rows(given):
            abort(404)
        rows = [named(row) for row in given]
        names = names_of(rows)
        if has_audit():
            from demijohn.audit.log import record

            record("export", changes={"page": self.described.name, "rows": len(rows), "type": "csv"})
            db.session.commit()
        chunks = FORMATS["csv"].chunks(names, [title_of(n) for n in names], ([r.get(n) for n in names] for r in rows))
        name = f"{self.described.name}_{clock.now():%Y-%m-%d_%H-%M-%S}.csv".replace(" ", "_")
        headers = {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
        return Response(b"".join(chunks), mimetype=FORMATS["csv"].mimetype, headers=headers)

    def parts(self, context: Mapping[str, Any]) -> Iterator[Part]:
        """What the page shows by itself."""
        for name, value in context.items():
            yield self.part(name, "" if name in {ROWS, "content"} else title_of(name), value)

    def part(self, name: str, label: str, value: Any) -> Part:
        if isinstance(value, Mapping):
            figure = figure_of("bar", label, value)
            return Part(label=label, figure=figure, chart=None if figure.is_empty else drawn(figure))
        if are_rows(value):
            table = table_of(value)
            return Part(label=label, table=table, csv_url=self.csv_url(name))
        if isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            return Part(label=label, number=cell_of(value))
        return Part(label=label, text=cell_of(value), is_markup=isinstance(value, Markup))

    def csv_url(self, name: str) -> str:
        asked = [*((key, value) for key, value in request.args.items(multi=True) if key != "csv"), ("csv", name)]
        return f"{self.get_url('.index')}?{urlencode(asked)}"


def are_rows(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def know_permission(app: Flask, permission: str) -> None:
    """Let roles be given what a page asks for."""
    known = auth_of(app).named_permissions
    if permission not in known:
        known.append(permission)
