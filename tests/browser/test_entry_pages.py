"""The pages of registration, invitations, sign-in links and changes of address, by the same measure as all pages."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from tests.browser.conftest import ADDRESS, PASSWORD, Browser, Site, fill, serve
from tests.browser.test_pages import judge_here

from demijohn import db
from demijohn.auth.accounts import find_user
from demijohn.auth.invitations.inviting import invite
from demijohn.auth.tokens import Purpose, issue_token

WAYS = {"registration": "open", "magic_link": True, "reset_attempts": 1000, "reset_address_attempts": 1000}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery with every way in open, and one invitation waiting."""
    with serve(tmp_path_factory.mktemp("house"), "testing", auth=WAYS) as site:
        with site.app.app_context():
            fill()
            invite("visitor@gallery.example", inviter=find_user(ADDRESS))
            db.session.commit()
        yield site


@pytest.fixture
def guest(driver: Any, house: Site) -> Browser:
    """The browser at that gallery, signed out, at a desk."""
    browser = Browser(driver, house)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.complaints()
    return browser


def token(house: Site, purpose: Purpose, *, account: bool, address: str = "new@gallery.example") -> str:
    with house.app.app_context():
        user = find_user(ADDRESS) if account else None
        payload = {"invitation": 1} if purpose == "invite" else {}
        made = issue_token(purpose, user, address, lives_for=timedelta(hours=1), payload=payload)
        db.session.commit()
        return made


def send(browser: Browser, **fields: str) -> None:
    for name, value in fields.items():
        browser.find(f"main [name={name}]:not([type=hidden])").send_keys(value)
    browser.find("main form button:not([type=button])").click()


def register(guest: Browser) -> None:
    guest.open("/auth/register")


def register_sent(guest: Browser) -> None:
    guest.open("/auth/register")
    send(guest, email="new@gallery.example")
    guest.wait("document.body.textContent.includes('Send it again')")


def register_refused(guest: Browser) -> None:
    guest.open("/auth/register")
    send(guest, email="new.@gallery.example")
    guest.wait("document.querySelector('.error-summary')")


def confirm(guest: Browser) -> None:
    guest.open(f"/auth/confirm/{token(guest.site, 'confirm', account=False)}")


def confirm_refused(guest: Browser) -> None:
    confirm(guest)
    send(guest, name="New", password="short", password_confirm="other")
    guest.wait("document.querySelector('.error-summary')")


def invited(guest: Browser) -> None:
    guest.open(f"/auth/invite/{token(guest.site, 'invite', account=False, address='visitor@gallery.example')}")


def login(guest: Browser) -> None:
    guest.open("/auth/login?next=/admin/")


def login_link(guest: Browser) -> None:
    guest.open("/auth/login/link")


def link_sent(guest: Browser) -> None:
    guest.open("/auth/login/link")
    send(guest, email="nobody@gallery.example")
    guest.wait("document.body.textContent.includes('Look into your mail')")


def link_confirm(guest: Browser) -> None:
    guest.open(f"/auth/login/link/{token(guest.site, 'link', account=True, address=ADDRESS)}")


def dead_link(guest: Browser) -> None:
    guest.open("/auth/confirm/made-up")


def email_undo(guest: Browser) -> None:
    guest.open(f"/auth/account/email/undo/{token(guest.site, 'undo', account=True, address='old@gallery.example')}")


def signed_in(guest: Browser) -> None:
    guest.sign_in()


def email(guest: Browser) -> None:
    signed_in(guest)
    guest.open("/auth/account/email")


def email_sent(guest: Browser) -> None:
    email(guest)
    send(guest, email="new@gallery.example")
    guest.wait("document.body.textContent.includes('Look into your mail')")


def email_confirm(guest: Browser) -> None:
    signed_in(guest)
    guest.open(f"/auth/account/email/confirm/{token(guest.site, 'email', account=True)}")


def invitations(guest: Browser) -> None:
    signed_in(guest)
    guest.open("/admin/invitation/")


def invite_somebody(guest: Browser) -> None:
    signed_in(guest)
    guest.open("/admin/invitation/new/")


def users(guest: Browser) -> None:
    signed_in(guest)
    guest.open("/admin/user/")


PAGES = (
    *(register, register_sent, register_refused, confirm, confirm_refused, invited),
    *(login, login_link, link_sent, link_confirm, dead_link, email_undo),
    *(email, email_sent, email_confirm, invitations, invite_somebody, users),
)


@pytest.mark.parametrize("arrive", PAGES)
def test_page_is_fit_for_everyone(guest: Browser, arrive: Callable[[Browser], None]) -> None:
    arrive(guest)

    judge_here(guest)


def test_a_person_registers_by_keyboard_alone(guest: Browser) -> None:
    guest.open(f"/auth/confirm/{token(guest.site, 'confirm', account=False, address='keys@gallery.example')}")
    for name, text in {"name": "Kay", "password": PASSWORD, "password_confirm": PASSWORD}.items():
        tab_to(guest, name)
        guest.driver.switch_to.active_element.send_keys(text)
    guest.driver.switch_to.active_element.send_keys(Keys.ENTER)

    guest.wait("!location.pathname.includes('confirm')")
    with guest.site.app.app_context():
        assert find_user("keys@gallery.example") is not None


def tab_to(browser: Browser, name: str) -> None:
    """Press Tab until the field of this name has the focus."""
    for _ in range(20):
        focused = browser.driver.switch_to.active_element
        if focused.get_attribute("name") == name:
            return
        focused.send_keys(Keys.TAB)
    raise AssertionError(f"Tab does not lead to {name}")
