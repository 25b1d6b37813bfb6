"""The first page, and its charts and tables one by one: a slow or broken one holds up nothing else."""

import logging
from typing import Any

from flask import abort, request
from flask_admin import AdminIndexView, expose
from sqlalchemy.exc import DBAPIError

from demijohn.admin.access import STAFF, may, turn_away
from demijohn.admin.board.arranging import arranged, is_arranged, places
from demijohn.admin.board.cards import model_cards
from demijohn.admin.board.charts import drawn
from demijohn.admin.board.system import sees_system, system_lines
from demijohn.admin.board.tiles import Declared, Number, TileRefused, chart_of, dashboard_of, number_of, rows_of
from demijohn.admin.history import recent_entries
from demijohn.admin.words import gettext
from demijohn.database.base import db
from demijohn.database.timelimit import time_limit, was_cut_off

RECENT = 10
"""Changes on the first page; our choice."""
SECONDS = 5.0
"""What the statements of one tile may take; our choice."""

logger = logging.getLogger(__name__)


class IndexView(AdminIndexView):
    """`admin.index`, for staff."""

    def is_accessible(self) -> bool:
        return may(STAFF)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return turn_away()

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    @expose()
    def index(self) -> Any:
        """The dashboard: numbers at once, charts and tables as places that are filled by themselves."""
        every = dashboard_of(self.admin.app).open_tiles()
        tiles = arranged(every)
        numbers = [number_or_fault(tile) for tile in tiles if not tile.is_panel]
        views = self.admin.visible_views()
        return self.render(
            self._template,
            tiles=numbers,
            panels=[tile for tile in tiles if tile.is_panel],
            models=model_cards(list(views.values())),
            recent=recent_entries(views, RECENT),
            places=places(every) if len(every) > 1 else [],
            is_arranged=is_arranged(),
            system_url=self.get_url(".system") if sees_system() else None,
        )

    @expose("/system/")
    def system(self) -> Any:
        """How the application is, for superusers: a piece of the page for its script, a page of its own otherwise."""
        if not sees_system():
            abort(403)
        template = "admin/board/system_lines.html" if is_piece() else "admin/board/system.html"
        return self.render(template, lines=system_lines(self.admin.app, self.admin.visible_views()))

    @expose("/tile/<key>/")
    def tile(self, key: str) -> Any:
        """One chart or table: a piece of the page for its script, a page of its own otherwise."""
        tiles = dashboard_of(self.admin.app).open_tiles()
        found = next((tile for tile in tiles if tile.key == key and tile.is_panel), None)
        if found is None:
            abort(404)
        template = "admin/board/panel.html" if is_piece() else "admin/board/tile.html"
        return self.render(template, tile=found, **panel_of(found))


def is_piece() -> bool:
    """Whether the page's script asks, for what goes into a place."""
    return request.headers.get("X-Requested-With") == "fetch"


def number_or_fault(tile: Declared) -> Number:
    try:
        with limited():
            return number_of(tile)
    except Exception as error:
        return Number(label=tile.label, value="—", url=None, hint=told_fault(tile, error))


def panel_of(tile: Declared) -> dict[str, Any]:
    """What the tile's template gets: a figure with its drawing or a table, or the words for a fault."""
    try:
        with limited():
            if tile.kind == "number":
                return {"number": number_of(tile)}
            if tile.kind == "table":
                return {"table": rows_of(tile)}
            figure = chart_of(tile)
            return {"figure": figure, "chart": None if figure.is_empty else drawn(figure)}
    except Exception as error:
        return {"fault": told_fault(tile, error)}


def limited() -> Any:
    return time_limit(db.session.connection(), seconds=SECONDS)


def told_fault(tile: Declared, error: Exception) -> str:
    """What people read where a tile could not be made; the log has the rest."""
    db.session.rollback()
    if isinstance(error, TileRefused):
        return str(error)
    if isinstance(error, DBAPIError) and was_cut_off(error):
        return str(gettext("This took too long."))
    logger.error("The tile %r failed.", tile.label, exc_info=error)
    return str(gettext("This could not be worked out. The log says why."))
