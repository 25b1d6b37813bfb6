"""Where the forms lead with which a person arranges the dashboard; it has no page of its own."""

from typing import Any

from flask import abort, redirect, request
from flask_admin import BaseView, expose

from demijohn.admin.board.arranging import BOARD, choice
from demijohn.admin.board.tiles import dashboard_of
from demijohn.admin.lists.chooser import choices_of, columns_key
from demijohn.admin.preferences.kept import forget, remember
from demijohn.admin.savedviews.page import way_back


class PreferencesPage(BaseView):
    """For staff: everybody arranges their own."""

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> Any:
        """There is nothing to see: the first page."""
        return redirect(self.get_url("admin.index"))

    @expose("/columns/", methods=("POST",))
    def columns(self) -> Any:
        """Keep which columns a list shows, in the order they come; as the view has them by `reset`."""
        wanted = request.form.get("of", "")
        view = next((one for one in self.admin.model_views() if one.endpoint == wanted and one.is_accessible()), None)
        if view is None:
            abort(404)
        view.build()
        known = {one.key for one in choices_of(view)}
        chosen = [name for name in dict.fromkeys(request.form.getlist("column")) if name in known]
        if "reset" in request.form or not chosen:
            forget(columns_key(view))
        else:
            remember(columns_key(view), chosen)
        return redirect(way_back(view))

    @expose("/board/", methods=("POST",))
    def board(self) -> Any:
        """Keep which tiles the first page shows, in the order they come; as the project has them by `reset`."""
        known = [tile.key for tile in dashboard_of(self.admin.app).open_tiles()]
        if "reset" in request.form:
            forget(BOARD)
        else:
            remember(BOARD, choice(request.form.getlist("tile"), known))
        return redirect(self.get_url("admin.index"))
