"""`/_dev/`: what an application is made of, for whoever develops it. In development only, and for this machine only."""

from flask import Blueprint, Flask, abort, current_app, render_template

from demijohn.configuration.fields import shown
from demijohn.loopback import is_loopback_request
from demijohn.state import state_of


def add_dev_pages(app: Flask) -> None:
    """Register the pages in development; elsewhere they do not exist."""
    if state_of(app).environment != "development":
        return
    blueprint = Blueprint("dev", __name__, url_prefix="/_dev")
    blueprint.before_request(refuse_strangers)
    blueprint.add_url_rule("/", view_func=index)
    blueprint.add_url_rule("/routes/", view_func=routes)
    blueprint.add_url_rule("/settings/", view_func=settings)
    app.register_blueprint(blueprint)


def refuse_strangers() -> None:
    if not is_loopback_request():
        abort(404)


def index() -> str:
    state = state_of()
    return render_template(
        "demijohn/dev/index.html",
        batteries=[(name, why, name in {one.name for one in state.batteries}) for name, why in state.reasons.items()],
        has_inbox="dev_mail.index" in current_app.view_functions,
    )


def routes() -> str:
    rules = sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule)
    rows = [(rule.rule, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}), rule.endpoint) for rule in rules]
    return render_template("demijohn/dev/routes.html", rows=rows)


def settings() -> str:
    root = state_of().settings
    rows = [
        (one.usual_name, shown(one, value), root.said(one.path), one.field.description) for one, value in root.listed()
    ]
    return render_template("demijohn/dev/settings.html", rows=rows)
