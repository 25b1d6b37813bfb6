"""The addresses of the account pages: read it as a table."""

from flask import Blueprint

from demijohn.auth import view_account, view_login, view_reset

blueprint = Blueprint("auth", __name__, url_prefix="/auth")
both = ("GET", "POST")

blueprint.add_url_rule("/login", view_func=view_login.login, methods=both)
blueprint.add_url_rule("/logout", view_func=view_login.logout, methods=("POST",))
blueprint.add_url_rule("/confirm-identity", view_func=view_login.confirm_identity, methods=both)
blueprint.add_url_rule("/forgot", view_func=view_reset.forgot, methods=both)
blueprint.add_url_rule("/reset/<token>", view_func=view_reset.reset_link)
blueprint.add_url_rule("/reset/", view_func=view_reset.reset, methods=both)
blueprint.add_url_rule("/account", view_func=view_account.account, methods=both)
blueprint.add_url_rule("/account/password", view_func=view_account.password, methods=both)
blueprint.add_url_rule("/account/sessions", view_func=view_account.sessions)
blueprint.add_url_rule("/account/sessions", view_func=view_account.end_session, methods=("POST",))
