"""PagedList: the address, the pages and the number of rows of a view's list."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import flash, has_request_context, request

from demijohn.admin.kinds import mapper_of
from demijohn.admin.lists.arguments import OURS, ListArgs, own_arguments, sorts_in, sorts_text
from demijohn.admin.lists.chooser import shown
from demijohn.admin.lists.pages import OrderedRows, Page
from demijohn.admin.lists.reach import Reach
from demijohn.admin.lists.sorting import SortedList
from demijohn.admin.lists.totals import Total, exact_total, total_of
from demijohn.admin.scoping import rows_for_me
from demijohn.admin.words import gettext

LARGEST_PAGE_SIZE = 500
LAST_PAGE = 10_000_000
PLAIN = "!$'()*,/:;?@"
"""What an address holds as it is, as in those that Flask makes."""
STATES = "demijohn.admin.lists"


@dataclass(kw_only=True)
class ListState:
    """What a request asks of a view's list, and what it got."""

    args: ListArgs
    page: Page | None = None
    total: Total | None = None
    reach: Reach | None = None
    columns: list[Any] | None = None
    address: str | None = None


class PagedList(SortedList):
    """Flask-Admin's list, in an order and in pages that a database reads quickest."""

    def list_state(self) -> ListState:
        """The state of this view's list in this request; an empty one outside any."""
        if not has_request_context():
            return ListState(args=ListArgs())
        states: dict[Any, ListState] = request.environ.setdefault(STATES, {})
        if self not in states:
            states[self] = ListState(args=ListArgs())
            states[self].args = self.read_list_args()
        return states[self]

    def permitted_columns(self) -> list[Any]:
        """The list's columns that this person chose, and may see."""
        state = self.list_state()
        if state.columns is None:
            state.columns = shown(self)
        return state.columns

    def _get_column_by_idx(self, idx: int | None) -> Any:
        columns = self.permitted_columns()
        return columns[idx] if idx is not None and 0 <= idx < len(columns) else None

    def further_sorts(self) -> tuple[tuple[str, bool], ...]:
        return self.list_state().args.then

    def _get_list_extra_args(self) -> Any:
        return self.list_state().args

    def read_list_args(self) -> ListArgs:
        """The arguments of the address, as far as they make sense."""
        given = super()._get_list_extra_args()
        extra = {name: value for name, value in given.extra_args.items() if name not in OURS}
        named = self.sorted_by_names(request.args.get("by", ""))
        own = own_arguments(request.args) | named
        return ListArgs(
            page=min(max(given.page or 0, -LAST_PAGE), LAST_PAGE),
            page_size=given.page_size,
            sort=own.pop("sort", given.sort),
            sort_desc=own.pop("sort_desc", 1 if given.sort_desc else None),
            search=given.search.replace("\x00", "")[:200] if given.search is not None else None,
            filters=given.filters,
            extra_args=extra,
            **own,
        )

    def sorted_by_names(self, text: str) -> dict[str, Any]:
        """What `by=status,-total` means in Flask-Admin's words: the place of the first column, then the others."""
        sorts = sorts_in(text)
        if not sorts:
            return {}
        places = [str(name) for name, _ in self.permitted_columns()]
        (first, descends), *others = sorts
        if first not in places:
            return {"sort": None, "then": sorts}
        return {"sort": places.index(first), "sort_desc": 1 if descends else None, "then": tuple(others)}

    def order_by_names(self, args: ListArgs) -> str:
        """The order of the list as `by=` takes it; empty for the view's own."""
        column = self._get_column_by_idx(args.sort) if args.sort is not None else None
        first = [(str(column[0]), bool(args.sort_desc))] if column is not None else []
        return sorts_text([*first, *args.then])

    def _get_list_url(self, view_args: Any) -> str:
        args = view_args if isinstance(view_args, ListArgs) else ListArgs(**vars(view_args))
        order, places = self.order_by_names(args), args.own_parts()
        places.pop("then", None)
        state = self.list_state()
        if state.page is not None and not {"after", "before"} & set(places):
            places |= self.place_beside(state, args)
        if state.address is None:
            state.address = str(self.get_url(".index_view"))
        given = {
            "page": args.page or None,
            "by": order or None,
            "search": args.search,
            **args.extra_args,
            **places,
            "page_size": self.get_safe_page_size(args.page_size),
            **self._get_filters(args.filters),
        }
        return f"{state.address}?{urlencode([(k, v) for k, v in given.items() if v is not None], safe=PLAIN)}"

    def place_beside(self, state: ListState, args: ListArgs) -> dict[str, str]:
        """The place of a page next to the one shown, for its address."""
        page, number = state.page, args.page or 0
        if page is None or not number or (number < 0) != (page.number < 0):
            return {}
        if args.clone(page=state.args.page).list_parts() != state.args.list_parts():
            return {}
        if number == page.number + 1 and page.last_place is not None:
            return {"after": page.last_place}
        return {"before": page.first_place} if number == page.number - 1 and page.first_place is not None else {}

    def get_list(
        self, page: Any, sort_column: Any, sort_desc: Any, search: Any, filters: Any,
        execute: bool = True, page_size: Any = None,  # noqa: FBT001, FBT002 - Flask-Admin's signature
    ) -> Any:  # fmt: skip
        """The number of rows, None if it is not known exactly, and one page of them."""
        size = page_size if page_size is not None else self.page_size
        query = self.list_query(search, filters)
        listed, keys = self.ordered(query.options(*self.eager_options()), sort_column, sort_desc)
        if not execute or not size:
            whole = self._apply_pagination(listed.order_by(*(key.clause for key in keys)), page, size)
            return (None, whole) if not execute else (None, list(whole.all()))
        state = self.list_state()
        args = state.args if state.args.page == (page or 0) else ListArgs()
        asked = bool(search or filters or args.after or args.before)
        repeats = self.repeats_rows(filters)
        plain = self.get_query().options(*self.eager_options())
        shown, shown_keys = self.ordered(plain, sort_column, sort_desc) if search or filters else (listed, keys)
        ordered = OrderedRows(
            query=listed, keys=keys, shown=shown, shown_keys=shown_keys, repeats=repeats,
            key_columns=mapper_of(self.model).primary_key, dialect=self.dialect_name(),
            fetch=lambda wanted: self.rows_or_nothing(wanted, asked=asked),
        )  # fmt: skip
        found = ordered.page(page or 0, size, after=args.after, before=args.before)
        total = self.total_for(
            query.distinct() if repeats else query, found, size, args, narrowed=bool(search or filters)
        )
        if found.number < 0 and total is not None and total.known == "exact":
            found = ordered.page(max(0, -(-total.rows // size) + found.number), size)
        state.page, state.total = found, total
        return (total.rows if total is not None and total.known == "exact" else None), found.rows

    def repeats_rows(self, filters: Any) -> bool:
        """Whether a filter joins a collection, so that a row can be met more than once."""
        found = [self._filters[index] for index, *_ in filters or ()]
        keys = [getattr(flt, "key_name", None) or getattr(flt, "column", None) for flt in found]
        steps = [step for key in keys for step in self._filter_joins.get(key, ())]
        return any(getattr(getattr(step, "property", None), "uselist", True) for step in steps)

    def dialect_name(self) -> str:
        return str(self.db_session.get_bind(mapper_of(self.model)).dialect.name)

    def total_for(self, query: Any, page: Page, size: int, args: ListArgs, *, narrowed: bool) -> Total | None:
        """How many rows there are: known from a short page, else `totals`; the view's own count if it has one."""
        if not page.has_next and (page.number == 0 or (page.number > 0 and args.after is None)):
            return Total(rows=page.number * size + len(page.rows))
        if self.simple_list_pager and not args.count_exactly:
            return None
        if not narrowed and type(self).get_count_query is not PagedList.get_count_query:
            return Total(rows=int(self.get_count_query().scalar() or 0))
        keys = query.with_entities(*mapper_of(self.model).primary_key)
        if args.count_exactly:
            return exact_total(self.db_session, keys)
        is_bare = not narrowed and rows_for_me(self.model) is None and type(self).get_query is PagedList.get_query
        table = mapper_of(self.model).local_table
        bare = table if is_bare and isinstance(table, sa.Table) and mapper_of(self.model).inherits is None else None
        return total_of(self.db_session, keys, bare_table=bare)

    def get_count_query(self) -> Any:
        """Plain `count(*)`, which every database answers quickest."""
        return self.db_session.query(sa.func.count()).select_from(self.model)

    def rows_or_nothing(self, query: Any, *, asked: bool) -> list[Any]:
        """The rows; none, with a word to the person, if the database can't compare with what was asked."""
        try:
            return list(query.all())
        except (sa.exc.DataError, sa.exc.StatementError, OverflowError) as error:
            if not asked or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
                raise
            self.db_session.rollback()
            flash(gettext("The search or a filter can't be compared with these records."), "error")
            return []

    @property
    def db_session(self) -> Any:
        """The session of this request."""
        return getattr(self.session, "session", self.session)

    def get_safe_page_size(self, page_size: int | None) -> int:
        if self.can_set_page_size and page_size and page_size > 0:
            return min(page_size, LARGEST_PAGE_SIZE)
        return int(self.page_size)
