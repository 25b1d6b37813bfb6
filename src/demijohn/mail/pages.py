"""The development inbox at `/_dev/mail/`: registered in development only, and answered to this machine only."""

from flask import Blueprint, Response, abort, current_app, render_template

from demijohn.loopback import is_loopback_request
from demijohn.mail.inbox import InboxMessage, message, messages

HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A message's own page: it may look as it likes, and run, load and send nothing."""


def inbox_blueprint() -> Blueprint:
    """Fresh for each application, because only some register it."""
    blueprint = Blueprint("dev_mail", __name__, url_prefix="/_dev/mail")
    blueprint.before_request(refuse_strangers)
    blueprint.add_url_rule("/", view_func=index)
    blueprint.add_url_rule("/<int:message_id>/", view_func=show)
    blueprint.add_url_rule("/<int:message_id>/html", view_func=html)
    blueprint.add_url_rule("/<int:message_id>/files/<int:number>", view_func=file)
    blueprint.add_url_rule("/<int:message_id>/source", view_func=source)
    return blueprint


def refuse_strangers() -> None:
    if not is_loopback_request():
        abort(404)


def index() -> str:
    found = messages(current_app._get_current_object())  # type: ignore[attr-defined]
    return render_template("mail/inbox.html", messages=found[::-1])


def show(message_id: int) -> str:
    return render_template("mail/message.html", message=found(message_id))


def html(message_id: int) -> Response:
    shown = found(message_id)
    if shown.html is None:
        abort(404)
    response = Response(f'<base target="_blank">{shown.html}', mimetype="text/html")
    response.headers["Content-Security-Policy"] = HTML_POLICY
    return response


def source(message_id: int) -> Response:
    return Response(found(message_id).raw, content_type="text/plain; charset=utf-8")


def file(message_id: int, number: int) -> Response:
    attachments = found(message_id).attachments
    if number >= len(attachments):
        abort(404)
    response = Response(attachments[number].data, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=attachments[number].name or "file")
    return response


def found(message_id: int) -> InboxMessage:
    one = message(current_app._get_current_object(), message_id)  # type: ignore[attr-defined]
    if one is None:
        abort(404)
    return one
