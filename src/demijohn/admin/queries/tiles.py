"""Queries on the first page: a tile each, for people who may see the answer."""

from collections.abc import Callable
from typing import Any

from flask import url_for

from demijohn.admin.board.tiles import Declared, TileRefused
from demijohn.admin.queries.access import seen_queries
from demijohn.admin.queries.answers import QueryRefused, for_readers
from demijohn.admin.queries.models import SavedQuery
from demijohn.admin.queries.running import run
from demijohn.admin.queries.showing import told


def query_tiles() -> list[Declared]:
    return [tile_of(query) for query in seen_queries(on_board=True)]


def tile_of(query: SavedQuery) -> Declared:
    return Declared(
        key=f"query-{query.id}",
        kind=query.shown_as,  # type: ignore[arg-type]
        label=query.title,
        function=asker(query),
        permission=query.permission,
        url=url_for("admin-queries.answer", query_id=query.id),
        hint=None,
        waits=True,
    )


def asker(query: SavedQuery) -> Callable[[], Any]:
    def ask() -> Any:
        try:
            return told(query.shown_as, run(query.sql, {}, of=query))
        except QueryRefused as refused:
            raise TileRefused(for_readers(refused)) from refused

    return ask
