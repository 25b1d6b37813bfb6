"""The list page: columns, search, filters, sorting and paging that stay quick and never fail on a wrong address."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import RelationshipProperty, joinedload, selectinload

from demijohn.admin import columns
from demijohn.admin.filters import KindConverter, KindFilter, relation_filters, with_path
from demijohn.admin.formats.cells import format_cells
from demijohn.admin.formatting import DETAILS, EXPORTS, LISTS, in_words
from demijohn.admin.kinds import kind_of, mapper_of, to_one_relations
from demijohn.admin.lists.paging import PagedList
from demijohn.admin.lists.reach import Reach, big_table, bounded_condition
from demijohn.admin.scoping import for_me, shown_value
from demijohn.admin.searching import path_of, search_condition
from demijohn.admin.uploads.showing import file_cell


class ListPage(PagedList):
    """Flask-Admin's list with columns of its own choosing."""

    filter_converter = KindConverter()
    can_set_page_size = True
    page_size_options = (25, 50, 100, 500)
    page_size = 25  # or the setting, unless the view says
    column_display_all_relations = False
    saved_views: Mapping[str, str] | None = None
    column_date_hierarchy: str | None = None
    column_optional_list: Sequence[str] | None = None
    column_facets: Sequence[str] | None = None
    column_formatters: Any
    column_formatters_detail: Any
    column_type_formatters = LISTS
    column_type_formatters_detail = DETAILS
    column_type_formatters_export = EXPORTS

    def build_parts(self) -> None:
        columns.refuse_secrets(self)
        if self.column_searchable_list is None:
            self.column_searchable_list = columns.search_names(self.model)
        if self.column_filters is None:
            self.column_filters = columns.filter_names(self.model)
        if self.column_date_hierarchy is not None:
            columns.refuse_undated(self, self.column_date_hierarchy)
            if self.column_date_hierarchy not in self.column_filters:
                self.column_filters = [*self.column_filters, self.column_date_hierarchy]
        if self.column_default_sort is None:
            self.column_default_sort = columns.default_order(self.model)
        if self.column_sortable_list is None:
            listed = [name for name, _ in (*self.get_list_columns(), *self.more_columns()) if isinstance(name, str)]
            self.column_sortable_list = columns.sort_columns(self.model, listed)
        super().build_parts()
        self._more_columns = self.more_columns()
        self.show_by_kind()
        self.also_by_number()

    def show_by_kind(self) -> None:
        """Files are links, and formats (`formats`) are shown as what they are; an export has names and plain values."""
        names = [a.key for a in mapper_of(self.model).column_attrs if kind_of(a.columns[0]) == "file"]
        files = dict.fromkeys(names, file_cell)
        self._has_plain_cells = not self.column_formatters
        lists, details = (files | format_cells(self.model, in_full=in_full) for in_full in (False, True))
        self.column_formatters = {**lists, **(self.column_formatters or {})}
        self.column_formatters_detail = {**details, **(self.column_formatters_detail or {})}

    def scaffold_list_columns(self) -> list[str]:
        return columns.list_names(self.model)

    def get_details_columns(self) -> Any:
        names = self.column_details_list or columns.details_names(self.model)
        return self.get_column_names(names, self.column_details_exclude_list)

    def more_columns(self) -> list[Any]:
        """The columns that people may choose beside the list's own: `column_optional_list`, else the details page."""
        if self.column_optional_list is not None:
            return list(self.get_column_names(self.column_optional_list, None))
        details = self.column_details_list or columns.details_names(self.model)
        taken_out = (*(self.column_details_exclude_list or ()), *(self.column_exclude_list or ()))
        return list(self.get_column_names(details, taken_out))

    def get_export_columns(self) -> Any:
        names = self.column_export_list or self.column_list or columns.shown_names(self.model)
        return self.get_column_names(names, self.column_export_exclude_list)

    def scaffold_filters(self, name: Any) -> Any:
        relation = to_one_relations(self.model).get(name) if isinstance(name, str) else None
        if relation is None or len(relation.local_columns) != 1:
            path = path_of(self.model, name)
            return [with_path(flt, path) for flt in super().scaffold_filters(name) or ()]
        (column,) = relation.local_columns
        return relation_filters(relation, column, self.get_column_name(name))

    def is_open_filter(self, flt: Any) -> bool:
        """Whether the person asking may see what the filter compares."""
        path = getattr(flt, "path", None) or getattr(getattr(flt, "column", None), "key", None)
        return path is None or self.permits("view", None, str(path))

    def _get_filter_groups(self) -> Any:
        groups = super()._get_filter_groups() or {}
        opened = {
            name: [f for f in found if self.is_open_filter(self._filters[f["index"]])] for name, found in groups.items()
        }
        return {name: found for name, found in opened.items() if found}

    def search_placeholder(self) -> str | None:
        """What is searched, by the columns' names."""
        given = zip(self.column_searchable_list or (), self._search_plan or (), strict=True)
        keys = [str(getattr(item, "key", item)) for item, path in given if self.permits("view", None, path)]
        labels = self.column_labels or {}
        return ", ".join(str(labels.get(key) or in_words(key).lower()) for key in keys) or None

    def init_search(self) -> bool:
        self._search_plan = [path_of(self.model, item) for item in self.column_searchable_list or ()]
        return super().init_search()

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        condition = self.found_by(search)
        if condition is not None:
            query = query.filter(condition)
            count_query = count_query.filter(condition) if count_query is not None else None
        return query, count_query, joins, count_joins

    def found_by(self, search: str) -> Any | None:
        """What a row must meet to be found; in a big table only as far as that is quick, unless the whole is asked."""
        state, paths = self.list_state(), self.permitted_search()
        state.reach = Reach()
        table = None if state.args.whole else big_table(self.db_session, self.model)
        if table is None:
            return search_condition(self.model, paths, search)
        return bounded_condition(table, paths, search, state.reach)

    def permitted_search(self) -> list[str]:
        """The searched paths that this person may see the end of."""
        return [path for path in self._search_plan if self.permits("view", None, path)]

    def _get_field_value(self, model: Any, name: Any) -> Any:
        return shown_value(model, str(name))

    def list_query(self, search: str | None, filters: Any) -> Any:
        """The rows of the list before sorting and paging."""
        query = for_me(self.get_query(), self.model)
        joins: dict[Any, Any] = {}
        if self._search_supported and search:
            query, _, joins, _ = self._apply_search(query, None, joins, {}, search)
        if filters and self._filters:
            query, _, joins, _ = self._apply_filters(query, None, joins, {}, filters)
        return query

    def eager_options(self) -> list[Any]:
        """Related records come with the rows, in the same statement where they are single."""
        named = [getattr(self.model, str(name), None) for name, _ in self.permitted_columns()]
        chosen = [one for one in named if isinstance(getattr(one, "property", None), RelationshipProperty)]
        relations = {relation.property: relation for relation in (*self._auto_joins, *chosen)}.values()
        return [selectinload(r) if getattr(r.property, "uselist", False) else joinedload(r) for r in relations]

    def get_filter_arg(self, index: int, flt: Any) -> str:
        """What a filter is called in an address: by what it compares and how, so that the address keeps its meaning."""
        path = getattr(flt, "path", None) or getattr(getattr(flt, "column", None), "key", None)
        if self.named_filter_urls or path is None:
            return str(super().get_filter_arg(index, flt))
        return re.sub(r"[^a-z0-9.]+", "_", f"{path} {flt.operation()}".lower())

    def also_by_number(self) -> None:
        """Let addresses name filters by their places, too, as Flask-Admin does."""
        for index, flt in enumerate(self._filters or ()):
            self._filter_args.setdefault(str(index), (index, flt))

    def filters_among(self, given: Mapping[str, str]) -> list[Any]:
        """The filters in these arguments of an address that make sense and are for the person asking."""
        found = []
        for name, value in given.items():
            key = name.partition("_")[2] if name.startswith("flt") else ""
            if self._filters and key in (self._filter_args or {}):
                index, flt = self._filter_args[key]
                self.refuse_unreadable(flt, value)
                if flt.validate(value) and self.is_open_filter(flt):
                    found.append((index, str(flt.name), value))
        return found

    def _get_list_filter_args(self) -> Any:
        for name in list(request.args):
            key = name.partition("_")[2] if name.startswith("flt") else ""
            if self._filters and key in (self._filter_args or {}):
                self.refuse_unreadable(self._filter_args[key][1], request.args[name])
        found = super()._get_list_filter_args()
        return found and [item for item in found if self.is_open_filter(self._filters[item[0]])]

    def refuse_unreadable(self, flt: Any, value: str) -> None:
        """Let a project's own filter that fails on a value count as not valid rather than as a fault."""
        if isinstance(flt, KindFilter) or getattr(flt, "_forgiving", False):
            return
        original = flt.validate

        def forgiving(text: Any) -> bool:
            try:
                return bool(original(text))
            except (KeyError, OverflowError, TypeError, ArithmeticError):
                return False

        flt.validate, flt._forgiving = forgiving, True

    def is_editable(self, name: str) -> bool:
        """Flask-Admin's rule, and the field's own."""
        return bool(super().is_editable(name)) and self.permits("edit", None, name)

    def holds_secret(self, name: str) -> bool:
        return columns.names_secret(self.model, name)

    def get_column_names(self, only_columns: Any, excluded_columns: Any) -> Any:
        allowed = [name for name in only_columns if not (isinstance(name, str) and self.holds_secret(name))]
        return super().get_column_names(allowed, excluded_columns)
