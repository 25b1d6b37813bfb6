"""The face by settings: accent, logo, name, theme; in the dashboard and at the door."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from setup_faults import Mending

from demijohn import Settings, SetupError
from demijohn.admin.colours import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    READABLE,
    contrast,
    dark_shades,
    least_contrast,
    light_shades,
    readable,
)
from demijohn.testing_client import sign_in

MakeApp = Callable[..., Flask]
ACCENTS = ["#17694d", "#0b57d0", "#b3261e", "#6f2dbd", "#8a4b08", "#000000", "#3f4a46", "#c2006e"]


@pytest.fixture
def lions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The static folder of an application `lions`; beside it lies a picture that is not in it."""
    (tmp_path / "lions.py").touch()
    (tmp_path / "static").mkdir()
    (tmp_path / "lion.svg").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lions", raising=False)
    return tmp_path / "static"


def page(app: Flask, path: str = "/auth/login") -> str:
    return app.test_client().get(path).text


def stylesheet_of(app: Flask) -> tuple[str, str]:
    """Address and text of the accent's stylesheet that the sign-in page links."""
    address = re.findall(r'href="(/_demijohn/admin/theme\.css[^"]*)"', page(app))[0]
    return address, app.test_client().get(address).text


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_shade_can_be_read_where_it_stands(accent: str) -> None:
    light, dark = light_shades(accent), dark_shades(accent)

    assert least_contrast(light.accent, LIGHT_GROUNDS) >= READABLE
    assert least_contrast(light.strong, (*LIGHT_GROUNDS, light.soft)) >= READABLE
    assert min(contrast(light.on_accent, ground) for ground in (light.accent, light.strong)) >= READABLE
    assert least_contrast(dark.accent, DARK_GROUNDS) >= READABLE
    assert least_contrast(dark.strong, (*DARK_GROUNDS, dark.soft)) >= READABLE
    assert min(contrast(dark.on_accent, ground) for ground in (dark.accent, dark.strong)) >= READABLE


@pytest.mark.parametrize("pale", ["#ffcc00", "#8fdfc0", "#ffffff", "#7fb3ff"])
def test_nearest_readable_colour_is_readable_and_stays_so(pale: str) -> None:
    nearest = readable(pale)

    assert least_contrast(nearest, LIGHT_GROUNDS) >= READABLE
    assert readable(nearest) == nearest


def test_accent_reaches_sign_in_and_dashboard_and_is_kept_for_a_year(make_app: MakeApp) -> None:
    app = make_app(admin={"accent": "#0B57D0"})

    address, css = stylesheet_of(app)
    answer = app.test_client().get(address)

    assert "--dm-accent: light-dark(#0b57d0, " in css
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert address in sign_in_page(app, "/admin/")


def test_without_an_accent_no_page_asks_for_its_stylesheet(app: Flask) -> None:
    assert "theme.css" not in page(app) + sign_in_page(app, "/admin/")


def test_two_applications_have_each_its_own_accent(make_app: MakeApp) -> None:
    blue, red = (make_app(admin={"accent": accent}) for accent in ("#0b57d0", "#b3261e"))

    assert "#0b57d0" in stylesheet_of(blue)[1]
    assert "#b3261e" in stylesheet_of(red)[1]
    assert stylesheet_of(blue)[0] != stylesheet_of(red)[0]


def test_name_of_the_dashboard_is_not_that_of_the_application(make_app: MakeApp) -> None:
    app = make_app(name="Shop", admin={"name": "Shop back office"})

    assert "Shop back office</title>" in sign_in_page(app, "/admin/")
    assert "Shop</title>" in page(app)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_is_the_first_one_and_not_the_last_word(make_app: MakeApp, theme: str) -> None:
    app = make_app(admin={"theme": theme})

    for text in (page(app), sign_in_page(app, "/admin/")):
        assert f'data-theme="{theme}" data-theme-default="{theme}"' in text
        assert 'data-theme-choice="dark"' in text or "/auth/login" in text


def test_logo_is_shown_and_is_the_favicon(make_app: MakeApp, lions: Path) -> None:
    (lions / "lion.png").write_bytes(b"\x89PNG")
    app = make_app("lions", admin={"logo": "lion.png"})

    for text in (page(app), sign_in_page(app, "/admin/")):
        assert '<link rel="icon" type="image/png" href="/static/lion.png">' in text
        assert '<img src="/static/lion.png" alt="" height="28">' in text


@pytest.mark.mends("admin/theme.py:accent_css")
def test_an_accent_too_pale_to_be_read(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin={"accent": "#ffcc00"})).fix
    accent = fix.partition("FLASK_ADMIN__ACCENT=")[2]

    app = mending.started(lambda: make_app(admin={"accent": accent}))
    assert accent in stylesheet_of(app)[1]


@pytest.mark.mends("admin/theme.py:found_logo")
@pytest.mark.parametrize("logo", ["lion.svg", "../lion.svg"])
def test_a_logo_that_is_not_there(mending: Mending, make_app: MakeApp, lions: Path, logo: str) -> None:
    fix = mending.refused(lambda: make_app("lions", admin={"logo": logo})).fix
    named = fix.partition("FLASK_ADMIN__LOGO=")[2]
    (lions / named).parent.mkdir()
    (lions / named).touch()

    mending.started(lambda: make_app("lions", admin={"logo": named}))


@pytest.mark.parametrize("accent", ["green", "#12345", "#1769", "rgb(1, 2, 3)", "#17694d; } body { display: none"])
def test_what_is_no_colour_is_refused_with_an_example(accent: str) -> None:
    with pytest.raises(SetupError, match=r"admin\.accent \(argument\): is no colour .* as in #17694d"):
        Settings(environment="testing", admin={"accent": accent})


def sign_in_page(app: Flask, path: str) -> str:
    """The page as an administrator sees it."""
    client = app.test_client()
    sign_in(client, superuser=True)
    return client.get(path).text
