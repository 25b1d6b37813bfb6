"""Pages: download what is kept about oneself."""

from typing import Any

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.companions import note
from demijohn.auth.export.collecting import collected, document
from demijohn.auth.export.forms import ExportForm
from demijohn.auth.models import UserBase
from demijohn.database.base import db
from demijohn.security.throttle import Limit, hit, throttled_response

LIMIT = Limit("auth.export", 10, 86_400)


@recent_login_required
def export_data() -> ResponseReturnValue:
    """Say what is downloaded; with POST, download it as JSON."""
    form = ExportForm()
    if request.method != "POST":
        return render_template("auth/export.html", form=form)
    if not form.validate():
        return form_again("auth/export.html", form)
    asking: Any = current_user
    user: UserBase = asking._get_current_object()
    verdict = hit(LIMIT, str(user.id))
    if not verdict.allowed:
        return throttled_response(verdict)
    note("auth.data_exported", user)
    db.session.commit()
    parts = stream_with_context(document(collected(user), user.id))
    return Response(
        parts, mimetype="application/json", headers={"Content-Disposition": 'attachment; filename="your-data.json"'}
    )
