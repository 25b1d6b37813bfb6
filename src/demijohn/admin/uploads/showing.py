"""How a file is shown: its name as a link, its size, and a small picture where it is one."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from markupsafe import Markup

from demijohn.admin.keys import key_text
from demijohn.admin.uploads.store import size_text
from demijohn.database.uploads import StoredFile

PREVIEW_BYTES = 1_000_000
"""The largest picture that a list shows small, because a browser loads it whole; our choice."""

PICTURE = Markup('<img class="dm-thumb" src="%s" alt="" loading="lazy" width="%s" height="%s">')
LINK = Markup('<span class="dm-file">%s<a href="%s">%s</a></span>')
THUMB = 40


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A file as a form shows it; without addresses where this dashboard has no place for its model."""

    name: str
    size: str
    url: str | None
    picture_url: str | None
    is_new: bool


def shown_staged_file(file: StoredFile, token: str) -> Shown:
    url = url_for("admin-files.staged", token=token)
    picture = url if file.is_picture else None
    return Shown(name=file.name, size=size_text(file.size), url=url, picture_url=picture, is_new=True)


def shown_record_file(record: Any, name: str, file: StoredFile) -> Shown:
    url = address_of(record, name, file)
    picture = f"{url}&preview=1" if url and file.is_picture else None
    return Shown(name=file.name, size=size_text(file.size), url=url, picture_url=picture, is_new=False)


def address_of(record: Any, name: str, file: StoredFile) -> str | None:
    """Where a record's file is fetched, None if its model has no place in this dashboard; asks no permission."""
    state = sa.inspect(record, raiseerr=False)
    if state is None or not state.has_identity:
        return None
    table = str(state.mapper.local_table.name)
    if not any(view.table == table for view in current_app.extensions["admin"][0].model_views()):
        return None
    return url_for("admin-files.stored", table=table, id=key_text(record), field=name, v=file.key[:8])


def file_cell(view: Any, context: Any, record: Any, name: str) -> Any:
    """A file in a list or on a record's page (a Flask-Admin column formatter)."""
    del view, context
    file = getattr(record, name, None)
    if not isinstance(file, StoredFile):
        return file
    url = address_of(record, name, file)
    if url is None:
        return file.name
    small = file.is_picture and file.size <= PREVIEW_BYTES
    return LINK % (PICTURE % (f"{url}&preview=1", THUMB, THUMB) if small else "", url, file.name)
