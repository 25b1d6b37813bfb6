"""Static files of the framework: addresses that change with their content, so that browsers may keep them for good.

Never reads the session: a stylesheet costs no query and sets no cookie.
"""

import hashlib
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, send_from_directory, url_for
from markupsafe import Markup

from demijohn.state import state_of

STATIC = Path(__file__).parent / "static"
ONE_YEAR_SECONDS = 31_536_000
FROM_THE_RIGHT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages written from the right (CLDR, `characterOrder`)."""


class Versions:
    """Digests of the files in one folder, each read once and again when it changes on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, tuple[float, str]] = {}

    def of(self, filename: str) -> str | None:
        """Twelve hexadecimal digits of the file's SHA-256; None if there is no such file."""
        path = self.folder / filename
        try:
            changed_at = path.stat().st_mtime
        except OSError:
            return None
        known = self.known.get(filename)
        if known is None or known[0] != changed_at:
            known = (changed_at, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
            self.known[filename] = known
        return known[1]


def static_blueprint(name: str, folder: Path, url_prefix: str) -> Blueprint:
    """A blueprint that serves `folder` at `url_prefix` as `<name>.static`, with `?v=<digest>` in each address."""
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix)
    versions = Versions(folder)

    @blueprint.url_defaults
    def add_version(endpoint: str, values: MutableMapping[str, Any]) -> None:
        if endpoint == f"{name}.static" and "v" not in values:
            values["v"] = versions.of(values.get("filename", ""))

    @blueprint.get("/<path:filename>", endpoint="static")
    def serve(filename: str) -> Response:
        response = send_from_directory(folder, filename, max_age=0)
        if request.args.get("v") and request.args["v"] == versions.of(filename):
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = ONE_YEAR_SECONDS
            response.cache_control.immutable = True
        return response

    return blueprint


DECORATION = Markup('<svg class="icon" aria-hidden="true"><use href="%s#%s"/></svg>')
MEANINGFUL = Markup('<svg class="icon" role="img" aria-label="%s"><use href="%s#%s"/></svg>')


def dm_icon(name: str, label: str | None = None) -> Markup:
    """One icon of the sprite as inline SVG; decoration unless it gets a label."""
    drawn: dict[tuple[str, str | None], Markup] = g.setdefault("_demijohn_icons", {})
    if (name, label) not in drawn:
        drawn[name, label] = draw_icon(name, label)
    return drawn[name, label]


def draw_icon(name: str, label: str | None) -> Markup:
    if "_demijohn_sprite" not in g:
        g._demijohn_sprite = url_for("demijohn.static", filename="icons.svg")
    if label is None:
        return DECORATION % (g._demijohn_sprite, name)
    return MEANINGFUL % (label, g._demijohn_sprite, name)


def dm_direction() -> str:
    """Which way the language of this request (`g.locale`) is written: `rtl` or `ltr`."""
    language = str(g.get("locale") or "en").replace("_", "-").partition("-")[0]
    return "rtl" if language in FROM_THE_RIGHT else "ltr"


def dm_has(endpoint: str) -> bool:
    """Whether this application has a page, so that templates link only to what is there."""
    return endpoint in current_app.view_functions


def add_assets(app: Flask) -> None:
    """Serve the core's files at `/_demijohn/`; offer `app_name` and what is above to templates."""
    app.register_blueprint(static_blueprint("demijohn", STATIC, "/_demijohn"))
    app.add_template_global(dm_icon)
    app.add_template_global(dm_has)
    app.add_template_global(dm_direction)
    app.jinja_env.globals["app_name"] = state_of(app).name
