"""What every page of a record is given beside Flask-Admin's own: addresses this person may follow, titles, digests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import abort, flash, redirect, request
from flask_admin import expose

from demijohn.admin.digests import digester, record_digest
from demijohn.admin.filters import KindFilter
from demijohn.admin.formatting import noun
from demijohn.admin.keys import key_text
from demijohn.admin.kinds import mapper_of
from demijohn.admin.listing import ListPage
from demijohn.admin.lists.chooser import ARGUMENT, choices_of, columns_text
from demijohn.admin.lists.facets import facet_filters, facets_of
from demijohn.admin.lists.links import list_links
from demijohn.admin.lists.periods import periods_of
from demijohn.admin.lists.rowmenu import ANY_ROW, DIGEST, KEY, draw_once
from demijohn.admin.related import dialog_arguments
from demijohn.admin.savedviews.page import may_share
from demijohn.admin.savedviews.queries import kept_query, query_of
from demijohn.admin.savedviews.tabs import tabs_of
from demijohn.admin.words import gettext
from demijohn.security.redirects import is_safe_target
from demijohn.state import state_of


@dataclass(frozen=True, kw_only=True)
class FilterChip:
    """One filter in force, as people read it."""

    name: str
    operation: str
    value: str
    remove_url: str


def without(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}


def spoken(columns: list[tuple[Any, Any]]) -> list[tuple[Any, str]]:
    """Columns with their labels in the language of the request."""
    return [(name, gettext(str(label))) for name, label in columns]


class RecordPages(ListPage):
    """Template variables of list, forms and details (`docs/reference/admin-templates.md`)."""

    name_singular: str | None = None

    @property
    def singular(self) -> str:
        """What one record is called: `name_singular`, else the model's class in words."""
        return self.name_singular or noun(self.model)

    def way_back(self) -> str:
        """The `url` that came along if a browser following it stays on this site, else the list."""
        target = request.values.get("url", "")
        return target if target and is_safe_target(target) else str(self.get_url(".index_view"))

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:  # noqa: FBT001, FBT002 - Flask-Admin's
        """Flask-Admin's hook: where to go after a save."""
        return self.way_back()

    def get_pk_value(self, model: Any) -> Any:
        return key_text(model)

    def record_addresses(self, record: Any, back: str) -> dict[str, Any]:
        """Where this person can go from a record; None where not."""
        if record is None:
            return {"row_title": None, "history_url": None, "details_url": None, "edit_url": None, "delete_url": None}
        key = key_text(record)
        has_history = state_of().has("audit")
        return {
            "row_title": str(record),
            "history_url": self.get_url(".history_view", id=key) if has_history else None,
            "details_url": self.get_url(".details_view", id=key, url=back) if self.can_view_details else None,
            "edit_url": self.get_url(".edit_view", id=key, url=back) if self.can_edit else None,
            "delete_url": self.get_url(".delete_view", id=key, url=back) if self.can_delete else None,
        }

    @expose("/facets/")
    def facets_view(self) -> Any:
        """The facets of the list as its address says, a piece of its page."""
        return self.render("admin/model/facets.html", facets=facets_of(self, self._get_list_extra_args()))

    @expose("/details/")
    def details_view(self) -> Any:
        """Flask-Admin's details page."""
        back = self.way_back()
        if not self.can_view_details:
            return redirect(back)
        record = self.get_one(request.args.get("id", ""))
        if record is None:
            return self.no_such_record(back)
        self.require("view", record)
        modal = self.details_modal and request.args.get("modal")
        return self.render(
            self.details_modal_template if modal else self.details_template,
            model=record,
            details_columns=spoken([c for c in self._details_columns if self.permits("view", record, str(c[0]))]),
            get_value=self.get_detail_value,
            return_url=back,
            **self.record_addresses(record, back),
        )

    def require(self, verb: str, *records: Any) -> None:
        """403 unless the person asking may do this to each of these records."""
        if not all(self.permits(verb, record) for record in records):
            self.db_session.rollback()
            abort(403)

    def no_such_record(self, back: str) -> Any:
        flash(gettext("Record does not exist."), "error")
        return redirect(back)

    def digest_names(self) -> list[str]:
        """The attributes by whose values a row of the list is recognised as unchanged, whatever columns it shows."""
        known = mapper_of(self.model).attrs
        names = [*(name for name, _ in self._list_columns), *map(str, self.column_editable_list or ())]
        return [name for name in dict.fromkeys(names) if name in known]

    def row_digest(self, record: Any) -> str:
        """The signed digest of a row as shown."""
        return record_digest(record, self.digest_names())

    def row_digester(self) -> Callable[[Any], str]:
        """`row_digest` that works out each row's digest once a page."""
        digest, made = digester(self.model, self.digest_names()), dict[int, str]()

        def row_digest(record: Any) -> str:
            if record is ANY_ROW:
                return DIGEST
            if id(record) not in made:
                made[id(record)] = digest(record)
            return made[id(record)]

        return row_digest

    def row_addresser(self, here: str) -> Callable[[str, Any], str]:
        """`row_url('.edit_view', pk)`: a row's own page and the way back, with each page's address built once."""
        pages, way_back = dict[str, str](), urlencode({"url": here})

        def row_url(endpoint: str, pk: Any) -> str:
            if endpoint not in pages:
                pages[endpoint] = str(self.get_url(endpoint))
            return f"{pages[endpoint]}?id={quote_plus(str(pk))}&{way_back}"

        return row_url

    def history_addresser(self) -> Callable[[Any], str]:
        """`get_history_url(row)`, with the page's address built once."""
        page = self.get_url(".history_view")
        return lambda row: f"{page}?id={KEY if row is ANY_ROW else quote_plus(key_text(row))}"

    def render(self, template: str, **kwargs: Any) -> Any:
        self._template_args.update(dialog_arguments())
        if template == self.list_template and "data" in kwargs:
            kwargs = {**self.list_extras(kwargs), **kwargs}
            kwargs["list_columns"] = spoken(self.permitted_columns())
            kwargs["page"] = kwargs["page_number"]
            if self._has_plain_cells and type(self).get_list_value is RecordPages.get_list_value:
                kwargs["get_value"] = self.plain_value
        return super().render(template, **kwargs)

    def plain_value(self, record: Any, name: str) -> Any:
        """`get_list_value` for a view whose cells are all ours: they need no template context."""
        return self._get_list_value(None, record, name, self.column_formatters, self.column_type_formatters)

    def list_extras(self, given: dict[str, Any]) -> dict[str, Any]:
        """What demijohn adds to the list page."""
        args, here = self._get_list_extra_args(), given["return_url"]
        return {
            **list_links(self, given),
            "row_title": str,
            "draw_row_actions": draw_once,
            "row_digest": self.row_digester(),
            "row_url": self.row_addresser(here),
            "filter_chips": self.filter_chips(args),
            "clear_filters_url": self._get_list_url(args.clone(page=0, filters=None)),
            "create_url": self.get_url(".create_view", url=here) if self.can_create else None,
            "export_url": self.export_address(args),
            "get_history_url": self.history_addresser(),
            "facets_url": self.facets_address(),
            "tabs": tabs_of(self, args),
            "current_query": query_of(self, args),
            "kept_query": kept_query(self, args),
            "order_by": self.order_by_names(args),
            "periods": periods_of(self, args),
            "offered_columns": [] if self.column_optional_list == () else choices_of(self),
            "has_own_columns": bool(columns_text(self)),
            "columns_back": self._get_list_url(args.clone(extra_args=without(args.extra_args, ARGUMENT))),
            "may_share_view": may_share(self),
        }

    def facets_address(self) -> str | None:
        """Where the list's facets are fetched; None if it has none."""
        query = request.query_string.decode(errors="replace")
        return f"{self.get_url('.facets_view')}?{query}" if next(facet_filters(self), None) else None

    def export_address(self, args: Any) -> str | None:
        """The export of what the list shows; None if this person may not."""
        if not self.can_export:
            return None
        wanted = {
            "search": args.search,
            "by": self.order_by_names(args) or None,
            "whole": args.own_parts().get("whole"),
            **self._get_filters(args.filters),
        }
        return str(self.get_url(".export", export_type="csv", **{k: v for k, v in wanted.items() if v is not None}))

    def filter_chips(self, args: Any) -> list[FilterChip]:
        chips = []
        for index, (position, name, value) in enumerate(args.filters or ()):
            flt = self._filters[position]
            others = [item for i, item in enumerate(args.filters) if i != index]
            shown = flt.shown(value) if isinstance(flt, KindFilter) else value
            url = self._get_list_url(args.clone(page=0, filters=others))
            chips.append(FilterChip(name=str(name), operation=str(flt.operation()), value=shown, remove_url=url))
        return chips
