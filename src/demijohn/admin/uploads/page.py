"""Hands files out: to people who may see their record and field, as a download, in a sandbox."""

from typing import Any

from flask import Response, abort, current_app, request
from flask_admin import BaseView, expose
from werkzeug.wsgi import wrap_file

from demijohn.admin.kinds import column_of, is_secret, kind_of
from demijohn.admin.uploads.store import files_of, open_file
from demijohn.admin.uploads.tokens import file_of
from demijohn.database.uploads import StoredFile
from demijohn.security.disposition import attachment

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""Kept by the browser of one person, asked about each time; nothing in it is run, framed or read by another site."""


class FilesPage(BaseView):
    """Files of records, and those of forms that are not saved yet."""

    def is_visible(self) -> bool:
        return False

    @expose("/<table>/")
    def stored(self, table: str) -> Any:
        """A record's file: `?id=&field=`; `preview=1` shows a picture in the page."""
        view = next((one for one in current_app.extensions["admin"][0].model_views() if one.table == table), None)
        name = request.args.get("field", "")
        if view is None:
            abort(404)
        if not (view.is_accessible() and view.permits("view", None, name)):
            abort(403)
        column = column_of(view.model, name)
        record = view.get_one(request.args.get("id", "")) if column is not None else None
        if record is None or kind_of(column) != "file" or is_secret(column):
            abort(404)
        if not view.permits("view", record, name):
            abort(403)
        return handed_out(getattr(record, name))

    @expose("/")
    def staged(self) -> Any:
        """A file that was sent with a form that is not saved yet, to who sent it."""
        return handed_out(file_of(request.args.get("token", "")), may_show=True)


def handed_out(file: StoredFile | None, *, may_show: bool = False) -> Response:
    """The bytes with their name; 404 if they are gone. Pieces can be asked for (`Range`)."""
    try:
        stream = open_file(file) if file is not None else None
        size = files_of().storage.size(file.key) if file is not None else 0
    except FileNotFoundError:
        stream = None
    if file is None or stream is None:
        abort(404)
    response = Response(wrap_file(request.environ, stream), mimetype=file.media_type, direct_passthrough=True)
    disposition = attachment(file.name)
    if file.is_picture and (may_show or "preview" in request.args):
        disposition = disposition.replace("attachment", "inline", 1)
    response.headers.update({**HEADERS, "Content-Disposition": disposition})
    response.content_length = size
    response.set_etag(file.key)
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return response
