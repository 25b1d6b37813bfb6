"""ModelView: Flask-Admin's view, closed by permission."""

from typing import Any

from flask import abort
from flask_admin.contrib.sqla import ModelView as FlaskAdminModelView
from werkzeug.wrappers import Response

from demijohn.auth.access import can, current_user


class ModelView(FlaskAdminModelView):
    """A model's place in the dashboard. Flask-Admin's documented options and hooks hold."""

    model: Any = None
    hidden = False

    def is_accessible(self) -> bool:
        return can(current_user, f"{self.model.__tablename__}.view")

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        del name, kwargs
        abort(403 if current_user.is_authenticated else 401)
