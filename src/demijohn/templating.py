"""The one ordered template loader: the application, its blueprints, then batteries last to first.

Flask takes the first registered blueprint's template, which would make an application unable to override a battery's.
`!auth/auth/login.html` names a battery's own file, so a project can extend the template it overrides.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import DispatchingJinjaLoader
from jinja2 import BaseLoader, FileSystemLoader, PrefixLoader

from demijohn.bytecode import SignedBytecode
from demijohn.state import state_of

CORE = Path(__file__).parent / "templates"


class OrderedLoader(DispatchingJinjaLoader):
    """Flask's loader in our order; keeps EXPLAIN_TEMPLATE_LOADING and `list_templates`.

    Args:
        app: the application.
        shipped: battery name -> template folder, in starting order.
    """

    def __init__(self, app: Flask, shipped: Mapping[str, Path]) -> None:
        super().__init__(app)
        self.shipped = {name: FileSystemLoader(str(folder)) for name, folder in shipped.items()}
        self.prefixed = PrefixLoader({f"!{name}": loader for name, loader in self.shipped.items()})
        self.framework_blueprints: set[str] = set()

    def _iter_loaders(self, template: str) -> Iterator[tuple[Any, BaseLoader]]:
        if template.startswith("!"):
            yield self.app, self.prefixed
            return
        if self.app.jinja_loader is not None:
            yield self.app, self.app.jinja_loader
        late: dict[str, tuple[Any, BaseLoader]] = {}
        for blueprint in self.app.iter_blueprints():
            loader = blueprint.jinja_loader
            if loader is None:
                continue
            if blueprint.name not in self.framework_blueprints:
                yield blueprint, loader
            else:  # every admin view has the same folder: ask it once
                late.setdefault(str(getattr(loader, "searchpath", loader)), (blueprint, loader))
        for name in reversed(self.shipped):
            yield self.app, self.shipped[name]
        yield from late.values()


def add_templates(app: Flask, shipped: Mapping[str, Path]) -> OrderedLoader:
    """Install the loader; must run before anything touches `app.jinja_env`."""
    loader = OrderedLoader(app, {"demijohn": CORE, **shipped})
    options = {**app.jinja_options, "loader": loader}  # a copy: it is a class attribute
    if state_of(app).environment != "testing":
        options.setdefault("bytecode_cache", SignedBytecode(app))
    app.jinja_options = options
    return loader


def mark_as_framework(app: Flask, blueprint: str) -> None:
    """Let this blueprint's templates come after every battery's own, not before."""
    loader = app.jinja_options["loader"]
    if isinstance(loader, OrderedLoader):
        loader.framework_blueprints.add(blueprint)
