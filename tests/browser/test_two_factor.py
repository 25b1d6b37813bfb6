"""Two-step sign-in as people go through it, with keyboard, phone and both themes."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from tests.auth.second_step import Phone
from tests.browser.conftest import HASHER, PASSWORD, Browser

from demijohn import db
from demijohn.auth.models import UserBase, user_class

GRACE = "grace@gallery.example"
HOME = "/auth/account/two-factor"


@pytest.fixture
def visitor(stranger: Browser) -> Iterator[Browser]:
    """The browser, for somebody without rights; the account is gone afterwards."""
    with stranger.site.app.app_context():
        db.session.add(user_class()(email=GRACE, name="Grace", password_hash=HASHER.hash(PASSWORD)))
        db.session.commit()
    yield stranger
    with stranger.site.app.app_context():
        db.session.delete(grace())
        db.session.commit()


def grace() -> UserBase:
    return db.session.scalars(db.select(user_class()).where(user_class().email == GRACE)).one()


def give_password(visitor: Browser) -> None:
    visitor.open("/auth/login")
    visitor.find("[name=email]").send_keys(GRACE)
    visitor.find("[name=password]").send_keys(PASSWORD, Keys.ENTER)
    visitor.wait("!location.pathname.endsWith('/login')")


def judge_here(visitor: Browser) -> None:
    """The page as it is, at a desk and on a phone, light and dark."""
    assert visitor.complaints() == []
    for width in (1280, 390):
        visitor.resize(width)
        assert visitor.overflow() <= 0, width
        assert visitor.small_targets() == [], width
        for theme in ("light", "dark"):
            visitor.prefer(theme)
            assert visitor.faults() == [], (width, theme)
    visitor.resize(1280)
    visitor.prefer("light")


def set_up(visitor: Browser) -> tuple[Phone, list[str]]:
    visitor.open(f"{HOME}/app")
    phone = Phone(visitor.find("#totp-key").text)
    visitor.find("[name=code]").send_keys(phone.code(), Keys.ENTER)
    visitor.find("#recovery-codes")
    return phone, [item.text for item in visitor.all("#recovery-codes li")]


def test_an_app_is_set_up_and_asked_for_by_keyboard_alone(visitor: Browser) -> None:
    give_password(visitor)
    visitor.open(f"{HOME}/app")
    assert visitor.run("return document.querySelector('.qr').getBoundingClientRect().width") > 150
    judge_here(visitor)
    phone, codes = set_up(visitor)

    assert len(codes) == 10
    judge_here(visitor)
    visitor.open(HOME)
    judge_here(visitor)
    visitor.driver.delete_all_cookies()
    give_password(visitor)
    assert visitor.run("return document.activeElement.name") == "code"
    judge_here(visitor)
    visitor.open("/auth/login/two-factor?use=recovery")
    judge_here(visitor)
    visitor.open("/auth/login/two-factor")
    visitor.find("[name=code]").send_keys(phone.wrong_code(), Keys.ENTER)
    assert "does not fit" in visitor.find("[role=alert]").text
    visitor.find("[name=code]").send_keys(phone.code(1), Keys.ENTER)
    visitor.wait("location.pathname.startsWith('/auth/account')")


def test_recovery_codes_are_printed_copied_and_kept_as_a_file(visitor: Browser) -> None:
    give_password(visitor)
    _, codes = set_up(visitor)
    visitor.run(
        "window.kept = {};"
        "navigator.clipboard.writeText = text => { kept.copied = text; return Promise.resolve(); };"
        "window.print = () => { kept.printed = true; };"
        "const make = URL.createObjectURL;"
        "URL.createObjectURL = blob => { blob.text().then(text => { kept.file = text; }); return make(blob); };"
    )

    for button in visitor.all("[data-needs-script] button"):
        button.click()

    visitor.wait("kept.copied && kept.printed && kept.file")
    kept: Any = visitor.run("return kept")
    assert kept["copied"].split() == kept["file"].split() == codes
    assert visitor.complaints() == []


def test_pages_of_the_account_that_change_second_factors(visitor: Browser) -> None:
    give_password(visitor)
    set_up(visitor)
    for page in ("off", "codes", "app"):
        visitor.open(f"{HOME}/{page}")
        judge_here(visitor)


def test_a_second_factor_that_is_required_is_set_up_at_sign_in(visitor: Browser) -> None:
    section = visitor.site.app.extensions["demijohn.auth"].section
    open_to_all = section.two_factor
    object.__setattr__(section, "two_factor", open_to_all.model_copy(update={"required_of": "everybody"}))
    try:
        give_password(visitor)
        judge_here(visitor)
        visitor.find("[name=code]").send_keys(Phone(visitor.find("#totp-key").text).code(), Keys.ENTER)
        visitor.find("#recovery-codes")
        judge_here(visitor)
        visitor.find("main form button:not([type=button])").click()
        visitor.wait("location.pathname.startsWith('/auth/account')")
    finally:
        object.__setattr__(section, "two_factor", open_to_all)
