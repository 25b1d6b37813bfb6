"""The list page: columns, search, filters, sorting and paging that stay quick and never fail on a wrong address."""

from typing import Any

import sqlalchemy as sa
from flask import flash, g, request
from sqlalchemy.orm import aliased, joinedload, selectinload

from demijohn.admin import columns
from demijohn.admin.filters import KindConverter, KindFilter, relation_filters, with_path
from demijohn.admin.formatting import DETAILS, EXPORTS, LISTS, in_words
from demijohn.admin.forms import RecordForms
from demijohn.admin.kinds import mapper_of, to_one_relations
from demijohn.admin.scoping import for_me, rows_for_me, shown_value
from demijohn.admin.searching import path_of, search_condition
from demijohn.auth.fieldrules import root_model

LARGEST_PAGE_SIZE = 500
LAST_PAGE = 10_000_000
COUNT_LIMIT = 10_000
"""A filtered list is counted up to here (rows); beyond it says "more than 10,000"."""


def joined(join: Any, step: Any, last: Any) -> tuple[Any, Any]:
    """The query with one more step of a path joined, and the alias of what was joined (None for a bare table)."""
    way = step if last is None else getattr(last, step.key)
    if isinstance(step, sa.Table):
        model = root_model(step)
        return (join(way) if model is None else for_me(join(way), model)), None
    target = step.property.mapper.class_
    alias, condition = aliased(target), rows_for_me(target)
    return join(alias, way if condition is None else way.and_(condition)), alias


def attribute_path(attribute: Any, joins: Any) -> str:
    """The dotted path of an attribute that is reached over these relations."""
    return ".".join(str(step.key) for step in (*(joins or ()), attribute) if hasattr(step, "key"))


class ListPage(RecordForms):
    """Flask-Admin's list with columns of its own choosing."""

    filter_converter = KindConverter()
    can_set_page_size = True
    page_size_options = (25, 50, 100, 500)
    page_size = 25  # or the setting, unless the view says
    column_display_all_relations = False
    column_type_formatters = LISTS
    column_type_formatters_detail = DETAILS
    column_type_formatters_export = EXPORTS

    def build_parts(self) -> None:
        columns.refuse_secrets(self)
        if self.column_searchable_list is None:
            self.column_searchable_list = columns.search_names(self.model)
        if self.column_filters is None:
            self.column_filters = columns.filter_names(self.model)
        if self.column_default_sort is None:
            self.column_default_sort = columns.default_order(self.model)
        if self.column_sortable_list is None:
            listed = [name for name, _ in self.get_list_columns() if isinstance(name, str)]
            self.column_sortable_list = columns.sort_columns(self.model, listed)
        super().build_parts()

    def scaffold_list_columns(self) -> list[str]:
        return columns.list_names(self.model)

    def get_details_columns(self) -> Any:
        names = self.column_details_list or columns.details_names(self.model)
        return self.get_column_names(names, self.column_details_exclude_list)

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
        condition = search_condition(self.model, self.permitted_search(), search)
        if condition is not None:
            query = query.filter(condition)
            count_query = count_query.filter(condition) if count_query is not None else None
        return query, count_query, joins, count_joins

    def permitted_search(self) -> list[str]:
        """The searched paths that this person may see the end of."""
        return [path for path in self._search_plan if self.permits("view", None, path)]

    def _get_default_order(self) -> Any:
        for attribute, joins, descends in super()._get_default_order():
            if self.permits("view", None, attribute_path(attribute, joins)):
                yield attribute, joins, descends

    def _apply_sorting(self, query: Any, joins: Any, sort_column: Any, sort_desc: Any) -> Any:
        sort_column = sort_column if sort_column is None or self.is_sortable(sort_column) else None
        query, joins = super()._apply_sorting(query, joins, sort_column, sort_desc)
        if sort_column is not None:  # equal values keep one order from page to page
            query = query.order_by(*mapper_of(self.model).primary_key)
        return query, joins

    def _apply_path_joins(self, query: Any, joins: Any, path: Any, inner_join: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Flask-Admin's joins for sorting and filtering; a related row that is not for the person joins as none."""
        last = None
        for step in path or ():
            if (inner_join, step) not in joins:
                query, joins[inner_join, step] = joined(query.join if inner_join else query.outerjoin, step, last)
            last = joins[inner_join, step]
        return query, joins, last

    def _get_field_value(self, model: Any, name: Any) -> Any:
        return shown_value(model, str(name))

    def get_list(
        self, page: Any, sort_column: Any, sort_desc: Any, search: Any, filters: Any,
        execute: bool = True, page_size: Any = None,  # noqa: FBT001, FBT002 - Flask-Admin's signature
    ) -> Any:  # fmt: skip
        """The number of rows and one page of them; counts only when the page does not say it already."""
        size = page_size if page_size is not None else self.page_size
        query = self.list_query(search, filters)
        shown, _ = self._apply_sorting(query.options(*self.eager_options()), {}, sort_column, sort_desc)
        shown = self._apply_pagination(shown, page, size)
        if not execute:
            return None, shown
        rows = self.rows_or_nothing(shown.limit(size + 1) if size else shown, asked=bool(search or filters))
        g.admin_has_next_page = bool(size) and len(rows) > size
        is_narrowed = bool(search or filters) or rows_for_me(self.model) is not None
        count = self.count_for(query, page or 0, size, len(rows), narrowed=is_narrowed)
        return count, rows[:size] if size else rows

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
        return [selectinload(r) if getattr(r.property, "uselist", False) else joinedload(r) for r in self._auto_joins]

    def rows_or_nothing(self, query: Any, *, asked: bool) -> list[Any]:
        """The rows; none, with a word to the person, if the database can't compare with what was asked."""
        try:
            return list(query.all())
        except (sa.exc.DataError, sa.exc.StatementError, OverflowError) as error:
            if not asked or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
                raise
            self.db_session.rollback()
            flash("The search or a filter can't be compared with these records.", "error")
            return []

    def count_for(self, query: Any, page: int, size: int, found: int, *, narrowed: bool) -> int:
        """How many rows there are: known from a short page, else counted (a narrowed list up to COUNT_LIMIT)."""
        if size and found <= size and (found or page == 0):
            return page * size + found
        if not narrowed:
            return int(self.get_count_query().scalar() or 0)
        capped = query.with_entities(sa.literal_column("1")).order_by(None).limit(COUNT_LIMIT + 1).subquery()
        return int(self.db_session.scalar(sa.select(sa.func.count()).select_from(capped)) or 0)

    def get_count_query(self) -> Any:
        """Plain `count(*)`, which every database answers quickest."""
        return self.db_session.query(sa.func.count()).select_from(self.model)

    @property
    def db_session(self) -> Any:
        """The session of this request."""
        return getattr(self.session, "session", self.session)

    def get_safe_page_size(self, page_size: int | None) -> int:
        if self.can_set_page_size and page_size and page_size > 0:
            return min(page_size, LARGEST_PAGE_SIZE)
        return int(self.page_size)

    def _get_list_extra_args(self) -> Any:
        args = super()._get_list_extra_args()
        args.page = min(max(args.page or 0, 0), LAST_PAGE)
        args.sort_desc = 1 if args.sort_desc else None
        if args.search is not None:
            args.search = args.search.replace("\x00", "")[:200]
        return args

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

    def is_sortable(self, name: str) -> bool:
        if name not in self._sortable_columns or self.holds_secret(name):
            return False
        by, joins = self._sortable_columns[name], self._sortable_joins.get(name)
        pairs = zip(by, joins or [()] * len(by), strict=True) if isinstance(by, list) else [(by, joins)]
        return all(self.permits("view", None, attribute_path(*pair)) for pair in pairs)

    def is_editable(self, name: str) -> bool:
        """Flask-Admin's rule, and the field's own."""
        return bool(super().is_editable(name)) and self.permits("edit", None, name)

    def holds_secret(self, name: str) -> bool:
        return columns.names_secret(self.model, name)

    def get_column_names(self, only_columns: Any, excluded_columns: Any) -> Any:
        allowed = [name for name in only_columns if not (isinstance(name, str) and self.holds_secret(name))]
        return super().get_column_names(allowed, excluded_columns)
