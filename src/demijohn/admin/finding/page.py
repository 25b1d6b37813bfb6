"""The page that searches everything, and what the palette of the keyboard asks for."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from flask import jsonify, request
from flask_admin import BaseView, expose

from demijohn.admin.finding.records import LONGEST, REMEMBERED, SHORTEST, Answer, search, seen_again
from demijohn.admin.words import gettext
from demijohn.errorpages import wants_json


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere the palette leads to; `kind` is `page` or `new`."""

    name: str
    url: str
    kind: str
    about: str = ""


class SearchPage(BaseView):
    """For staff: a search over what they may view."""

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> Any:
        """Records of every model that hold the words of `q`; JSON for programs."""
        text = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST]
        is_asked = len(text) >= SHORTEST
        answer = search(self.admin.visible_views().values(), text) if is_asked else Answer(groups=[], skipped=[])
        if wants_json():
            return jsonify(asdict(answer))
        return self.render("admin/finding/search.html", text=text, is_asked=is_asked, answer=answer, shortest=SHORTEST)

    @expose("/places/")
    def places(self) -> Any:
        """Every page this person may open and everything they may make, as JSON."""
        pages = [*places_in(self.admin.menu()), *makers(self.admin.visible_views().values())]
        jobs = self.get_url("admin-jobs.index")
        if all(place.url != jobs for place in pages):  # in the menu of superusers only, who see everybody's
            pages.append(Place(name=gettext("Background work"), url=jobs, kind="page"))
        return jsonify([asdict(place) for place in pages])

    @expose("/seen/")
    def seen(self) -> Any:
        """The records named by `at=<table>:<key>` that this person may still see, as JSON."""
        pairs = [place.partition(":") for place in request.args.getlist("at")[:REMEMBERED]]
        found = seen_again(self.admin.visible_views(), [(table, key) for table, _, key in pairs])
        return jsonify([{"name": one.title, "url": one.url, "about": about} for about, one in found])


def places_in(items: Any, about: str = "") -> Iterator[Place]:
    """The menu's pages, with the category they are in."""
    for item in items:
        if item.is_category():
            yield from places_in(item.get_children(), str(item.name))
        elif item.is_accessible() and item.is_visible():
            yield Place(name=str(item.name), url=item.get_url(), kind="page", about=about)


def makers(views: Any) -> Iterator[Place]:
    for view in views:
        if view.can_create:
            name = gettext("New %(what)s", what=view.singular)
            yield Place(name=name, url=view.get_url(f"{view.endpoint}.create_view"), kind="new", about=str(view.name))
        if view.may_import():
            name = gettext("Import into %(what)s", what=gettext(str(view.name)))
            yield Place(name=name, url=view.get_url(f"{view.endpoint}.import_view"), kind="new", about=str(view.name))
