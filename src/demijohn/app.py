"""create_app: read it as a table of contents."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from demijohn.assets import add_assets
from demijohn.battery import Battery
from demijohn.checks import run_startup_checks
from demijohn.choose import Chosen, choose
from demijohn.configuration.server import refuse_production_server
from demijohn.conflicts import refuse_taken_blueprint, refuse_taken_command
from demijohn.devpages import add_dev_pages
from demijohn.errorpages import add_error_pages
from demijohn.housekeeping import add_housekeeping
from demijohn.pruning import prune
from demijohn.routing import LazyRule
from demijohn.settings import Settings
from demijohn.state import Registered, State
from demijohn.templating import add_templates, mark_as_framework
from demijohn.welcome import add_welcome
from demijohn.words import add_words


def create_app(
    import_name: str,
    settings: Settings | None = None,
    *,
    batteries: Sequence[Battery[Any]] = (),
    models: Sequence[type] = (),
    admin_views: Sequence[Any] = (),
    **flask_options: Any,
) -> Flask:
    """A plain `Flask` application with its batteries started.

    Args:
        import_name: the application's module or package, usually `__name__`; its models are the application's.
        settings: typed settings; read from the environment and `.env` if not given.
        batteries: further batteries, of the project or of third parties.
        models: mapped classes that belong to the application though they live elsewhere.
        admin_views: Flask-Admin views (classes or instances) for the dashboard.
        flask_options: passed to `Flask` as they are.

    Raises:
        SetupError: the settings or the batteries do not fit together; the text says what to type.
    """
    settings = settings.beside(import_name) if settings else Settings.for_application(import_name)
    chosen = choose(settings, batteries)
    app = new_flask(import_name, settings, chosen, flask_options)
    remember(app, settings, chosen, models=models, admin_views=admin_views)
    add_templates(app, {b.name: b.templates for b in chosen.batteries if b.templates})
    add_assets(app)
    add_words(app)
    add_error_pages(app)
    start(app, chosen)
    add_housekeeping(app, settings.housekeeping)
    app.cli.add_command(prune)
    add_dev_pages(app)
    add_welcome(app)
    run_startup_checks(app)
    return app


def new_flask(import_name: str, settings: Settings, chosen: Chosen, flask_options: dict[str, Any]) -> Flask:
    """A Flask application whose `config` holds what the settings say."""
    app = Flask(import_name, **flask_options)
    app.url_rule_class = LazyRule
    app.config.update(settings.flask_config())
    for section in chosen.sections.values():
        app.config.update(section.flask_config())
    app.config.update(settings.config)
    if app.secret_key is None:
        app.secret_key = settings.own_key(Path(app.instance_path))
    if settings.environment == "development":
        refuse_production_server(app)
    return app


def remember(
    app: Flask, settings: Settings, chosen: Chosen, *, models: Sequence[type], admin_views: Sequence[Any]
) -> None:
    """Note how the application is put together, so that every collector can see every contribution."""
    app.extensions["demijohn"] = State(
        name=settings.name or app.name.replace("_", " ").capitalize(),
        batteries=chosen.batteries,
        reasons=chosen.reasons,
        sections=chosen.sections,
        settings=settings,
        environment=settings.environment,
        public_url=settings.public_url,
        passed_models=tuple(models),
        passed_views=tuple(admin_views),
    )


def start(app: Flask, chosen: Chosen) -> None:
    """Start one battery at a time: its extension, its blueprints, its commands."""
    state: State = app.extensions["demijohn"]
    for battery in chosen.batteries:
        began, before = time.perf_counter(), Registered.on(app)
        battery.init(app, chosen.sections[battery.name])
        for blueprint in battery.blueprints:
            refuse_taken_blueprint(app, battery, blueprint)
            mark_as_framework(app, blueprint.name)
            app.register_blueprint(blueprint)
        for command in battery.commands:
            refuse_taken_command(app, battery, command)
            app.cli.add_command(command)
        state.costs[battery.name] = time.perf_counter() - began
        state.registered[battery.name] = Registered.on(app, before)
