"""Keeping, arranging and sharing saved views; and the numbers on their tabs."""

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, jsonify, redirect, request
from flask_admin import BaseView, expose

from demijohn.admin.memory import memory_of
from demijohn.admin.savedviews.counts import counts_of
from demijohn.admin.savedviews.models import SavedView
from demijohn.admin.savedviews.queries import LONGEST, canonical_text
from demijohn.admin.savedviews.tabs import MOST, declared_views, kept_views
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.database.base import db
from demijohn.security.redirects import is_safe_target

LONGEST_NAME = 60


class SavedViewsPage(BaseView):
    """For everybody who may see the list; a view is changed by who made it, or by a superuser."""

    def is_visible(self) -> bool:
        return False

    def list_named(self, name: str) -> Any:
        """The view of this endpoint, if the person asking may see its list; else 404."""
        found = next(
            (view for view in self.admin.model_views() if view.endpoint == name and view.is_accessible()), None
        )
        if found is None:
            abort(404)
        found.build()
        return found

    def mine(self, key: int | None) -> tuple[Any, SavedView]:
        """The list and the saved view of this key, if the person asking may change it; else 404."""
        saved = db.session.get(SavedView, key) if key is not None else None
        if saved is None or not may_change(saved):
            abort(404)
        return self.list_named(saved.list_name), saved

    @expose("/")
    def index(self) -> Any:
        """The views of one list, to rename, share, arrange and delete."""
        view = self.list_named(request.args.get("of", ""))
        return self.render(
            "admin/savedviews/manage.html",
            of=view,
            list_url=view.get_url(f"{view.endpoint}.index_view"),
            views=[(saved, may_change(saved)) for saved in kept_views(view.endpoint)],
            may_share=may_share(view),
        )

    @expose("/counts/")
    def counts(self) -> Any:
        """Key -> number of rows, as JSON."""
        view = self.list_named(request.args.get("of", ""))
        queries = {f"d{place}": query for place, (_, query) in enumerate(declared_views(view))}
        queries |= {f"s{saved.id}": canonical_text(saved.query) for saved in kept_views(view.endpoint)}
        return jsonify(counts_of(view, queries))

    @expose("/save/", methods=("POST",))
    def save(self) -> Any:
        """Keep what a list shows under a name; a name of one's own that is taken gets the new content."""
        view = self.list_named(request.form.get("of", ""))
        name = request.form.get("name", "").replace("\x00", "").strip()[:LONGEST_NAME]
        query = canonical_text(request.form.get("query", "").replace("\x00", "")[:LONGEST])
        back = way_back(view)
        if not name or not query:
            flash(gettext("A view needs a name, and something that the list does not show by itself."), "error")
            return redirect(back)
        mine = sa.select(SavedView).where(SavedView.list_name == view.endpoint, SavedView.owner_id == current_user.id)
        own = list(db.session.scalars(mine))
        saved = next((one for one in own if one.name == name), None)
        if saved is None and len(own) >= MOST:
            flash(gettext("There are %(count)d views of yours already. Delete one first.", count=len(own)), "error")
            return redirect(back)
        if saved is None:
            place = max((one.position for one in own), default=0) + 1
            saved = SavedView(list_name=view.endpoint, owner_id=current_user.id, name=name, position=place)
            db.session.add(saved)
        saved.query = query
        saved.is_shared = "is_shared" in request.form and may_share(view)
        db.session.commit()
        memory_of(self.admin.app, SavedView).has_some = True
        flash(gettext("The view was saved."), "success")
        return redirect(back)

    @expose("/change/", methods=("POST",))
    def change(self) -> Any:
        """Rename, share or stop sharing, move up or down, delete: by the button that was pressed."""
        view, saved = self.mine(request.form.get("id", type=int))
        doing = request.form.get("do", "")
        if doing == "delete":
            db.session.delete(saved)
        elif doing == "rename":
            saved.name = request.form.get("name", "").replace("\x00", "").strip()[:LONGEST_NAME] or saved.name
        elif doing == "share":
            saved.is_shared = may_share(view) and not saved.is_shared
        elif doing in {"up", "down"}:
            move(saved, step=-1 if doing == "up" else 1)
        else:
            abort(400)
        db.session.commit()
        return redirect(self.get_url(".index", of=view.endpoint))


def may_change(saved: SavedView) -> bool:
    return saved.owner_id == current_user.id or bool(current_user.is_superuser)


def may_share(view: Any) -> bool:
    """Whether the person asking may show a view to others: whoever may edit what is in the list."""
    return bool(view.permits("edit"))


def move(saved: SavedView, *, step: int) -> None:
    """Let it change places with the one before or behind it; places are numbered anew."""
    order = kept_views(saved.list_name)
    at = order.index(saved) if saved in order else 0
    to = min(max(at + step, 0), len(order) - 1)
    order.insert(to, order.pop(at))
    for place, one in enumerate(order):
        if may_change(one):
            one.position = place


def way_back(view: Any) -> str:
    target = request.form.get("url", "")
    return target if target and is_safe_target(target) else str(view.get_url(f"{view.endpoint}.index_view"))
