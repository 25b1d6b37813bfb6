"""Sign in and out."""

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from demijohn.auth.models import user_class
from demijohn.auth.passwords import verify_password
from demijohn.database.base import db
from demijohn.security.redirects import safe_redirect

blueprint = Blueprint("auth", __name__, url_prefix="/auth")


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if request.method == "POST":
        user_type = user_class()
        user = db.session.scalar(sa.select(user_type).where(user_type.email == request.form.get("email", "")))
        if user and user.password_hash and verify_password(user.password_hash, request.form.get("password", "")):
            login_user(user)
            return safe_redirect(request.args.get("next"), fallback="/admin/")
        return render_template("auth/login.html", wrong=True), 422
    return render_template("auth/login.html")


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    logout_user()
    return safe_redirect(url_for("auth.login"))
