"""The face a project gives its pages: accent, logo, name, theme; the dashboard's and those of sign-in.

The accent's colours are a stylesheet of their own, because no page of ours carries style inline.
"""

import hashlib
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Literal

from flask import Blueprint, Flask, Response, current_app, request, url_for

from demijohn.admin.colours import dark_shades, light_shades, readable
from demijohn.admin.settings import AdminSettings
from demijohn.assets import ONE_YEAR_SECONDS
from demijohn.errors import SetupError
from demijohn.state import state_of

KEY = "demijohn.face"


@dataclass(frozen=True, kw_only=True)
class Face:
    """Kept at `app.extensions["demijohn.face"]`; templates know it as `dm_face`.

    Attributes:
        name: what the dashboard is called.
        logo: a file in the application's static folder; None for ours.
        theme: what people see who chose nothing.
        css: the stylesheet with the accent; empty if there is none.
        has_shim: whether names of Bootstrap 4 are understood.
    """

    name: str
    logo: str | None
    theme: Literal["light", "dark", "auto"]
    css: str
    has_shim: bool

    @property
    def stylesheet(self) -> str | None:
        """The address of the accent's stylesheet, if there is one."""
        return url_for("demijohn_admin.theme", v=version(self.css)) if self.css else None

    @property
    def logo_url(self) -> str:
        if self.logo is None:
            return url_for("demijohn.static", filename="logo.svg")
        return url_for("static", filename=self.logo)

    @property
    def logo_type(self) -> str:
        return guess_type(self.logo or "logo.svg")[0] or "image/png"


def version(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:12]


def wear(app: Flask, section: AdminSettings) -> Face:
    """Check the settings of the face, keep it, and offer it to templates.

    Raises:
        SetupError: the accent cannot be read, or the logo is not there.
    """
    face = Face(
        name=section.name or state_of(app).name,
        logo=found_logo(app, section.logo),
        theme=section.theme,
        css=accent_css(section.accent) if section.accent else "",
        has_shim=section.bootstrap4,
    )
    app.extensions[KEY] = face
    app.jinja_env.globals["dm_face"] = face
    return face


def found_logo(app: Flask, logo: str | None) -> str | None:
    if logo is None:
        return None
    folder = Path(app.static_folder).resolve() if app.static_folder else None
    path = (folder / logo).resolve() if folder else None
    if folder is None or path is None or not path.is_relative_to(folder) or not path.is_file():
        raise SetupError(
            f"FLASK_ADMIN__LOGO names {logo!r}, and there is no such file in the static folder ({folder}).",
            fix=f"put the file there, or name another, as in FLASK_ADMIN__LOGO=images/{Path(logo).name}",
        )
    return logo


def accent_css(accent: str) -> str:
    """The accent in all its shades, over those of `tokens.css`."""
    accent = accent.lower()
    nearest = readable(accent)
    if nearest != accent:
        raise SetupError(
            f"FLASK_ADMIN__ACCENT is {accent}: links in it are too pale to be read on our light pages.",
            fix=f"take the nearest colour that can be read: FLASK_ADMIN__ACCENT={nearest}",
        )
    light, dark = light_shades(accent), dark_shades(accent)
    return (
        ":root {\n"
        f"  --dm-accent: light-dark({light.accent}, {dark.accent});\n"
        f"  --dm-accent-strong: light-dark({light.strong}, {dark.strong});\n"
        f"  --dm-accent-soft: light-dark({light.soft}, {dark.soft});\n"
        f"  --dm-on-accent: light-dark({light.on_accent}, {dark.on_accent});\n"
        "}\n"
    )


def serve_theme() -> Response:
    """The accent's stylesheet of this application; reads no session."""
    face: Face = current_app.extensions[KEY]
    response = current_app.response_class(face.css, mimetype="text/css")
    if request.args.get("v") == version(face.css):
        response.cache_control.public = True
        response.cache_control.max_age = ONE_YEAR_SECONDS
        response.cache_control.immutable = True
    return response


def add_theme(blueprint: Blueprint) -> None:
    """Serve the stylesheet beside the dashboard's other files."""
    blueprint.add_url_rule("/theme.css", "theme", serve_theme)
