"""Passkeys in a real browser, with devices in software that Chromium's driver brings."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.wait import WebDriverWait
from tests.browser.conftest import ADDRESS, PASSWORD, Browser, Site, fill, serve
from tests.browser.test_pages import judge

from demijohn import clock, db
from demijohn.auth.passkeys.models import Passkey

LIST = "/auth/account/passkeys"
NOT_OFFERED = "window.PublicKeyCredential.isConditionalMediationAvailable = async () => false"
"""Devices in software answer at once what is offered at the address field; this browser offers nothing there."""


@pytest.fixture(scope="module")
def passkey_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery with passkeys, at the name that needs no certificate."""
    often = dict.fromkeys(("sign_in_attempts", "sign_in_address_attempts", "sign_in_account_attempts"), 10_000)
    auth = {"passkeys": {"enabled": True}, **often}  # all tests of this file sign in from one network
    with serve(tmp_path_factory.mktemp("passkeys"), "testing", auth=auth) as site:
        with site.app.app_context():
            fill()
        yield Site(site.app, site.url.replace("127.0.0.1", "localhost"))


class Person(Browser):
    """Somebody with a browser and devices."""

    def __init__(self, driver: webdriver.Chrome, site: Site) -> None:
        super().__init__(driver, site)
        self.scripts: list[str] = []

    def wait(self, script: str) -> Any:
        """As ever, with more patience: a device in software, the server and the browser share this machine."""
        return WebDriverWait(self.driver, 30).until(lambda driver: driver.execute_script(f"return ({script})"))

    def add_device(self, *, is_key: bool = False, verifies: bool = True) -> None:
        """A device in software: this computer, or a security key."""
        device = VirtualAuthenticatorOptions(
            protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
            transport=VirtualAuthenticatorOptions.Transport.USB
            if is_key
            else VirtualAuthenticatorOptions.Transport.INTERNAL,
            has_resident_key=True,
            has_user_verification=True,
            is_user_verified=verifies,
        )
        self.driver.add_virtual_authenticator(device)

    def unplug(self) -> Any:
        """Take the device away; returns what it holds, to `plug` it in again."""
        held = self.driver.get_credentials()
        self.driver.remove_virtual_authenticator()
        return held

    def plug(self, held: Any, **options: Any) -> None:
        self.add_device(**options)
        for credential in held:
            self.driver.add_credential(credential)

    def press(self, words: str) -> None:
        self.wait(f"[...document.querySelectorAll('button')].some(b => !b.hidden && b.innerText.trim() === {words!r})")
        next(button for button in self.all("button") if button.text.strip() == words).click()

    def reads(self, words: str) -> None:
        """Wait until the page says so."""
        self.wait(f"document.body.innerText.includes({words!r})")

    def before_pages(self, script: str) -> None:
        """Run a script before those of every page to come, until the test ends."""
        made = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self.scripts.append(made["identifier"])

    def is_at(self, path: str) -> None:
        self.wait(f"location.pathname === {path!r}")

    def give_password(self) -> None:
        self.find("[name=email]").send_keys(ADDRESS)
        self.find("[name=password]").send_keys(PASSWORD)
        self.press("Sign in")

    def sign_out(self) -> None:
        self.driver.delete_all_cookies()

    def add_passkey(self, name: str = "") -> None:
        """By the page, as people do; the identity is confirmed because the sign-in was just now."""
        before = len(stored(self.site))
        self.open(LIST)
        self.find("[name=name]").send_keys(name)
        self.press("Add a passkey")
        self.reads("is added")
        assert len(stored(self.site)) == before + 1


def stored(site: Site) -> list[Passkey]:
    with site.app.app_context():
        return list(db.session.query(Passkey).order_by(Passkey.id))


@pytest.fixture
def person(driver: webdriver.Chrome, passkey_site: Site) -> Iterator[Person]:
    """Signed out, without a device, and nobody has a passkey."""
    with passkey_site.app.app_context():
        db.session.query(Passkey).delete()
        db.session.commit()
    found = Person(driver, passkey_site)
    found.open("/auth/forgot")
    driver.delete_all_cookies()
    found.resize(1280)
    found.prefer("light")
    found.complaints()
    yield found
    if driver.virtual_authenticator_id:
        driver.remove_virtual_authenticator()
    for script in found.scripts:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.delete_all_cookies()


@pytest.fixture
def ada(person: Person) -> Person:
    """Signed in with her password."""
    person.open("/auth/login")
    person.give_password()
    person.wait("!location.pathname.includes('login')")
    return person


def test_a_passkey_is_added_and_signs_in_without_an_address(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey("This computer")

    ada.sign_out()
    ada.open("/auth/login/passkey?next=/auth/account/sessions")
    ada.find("[name=remember]").click()
    ada.press("Sign in")

    ada.is_at("/auth/account/sessions")
    (passkey,) = stored(ada.site)
    assert (passkey.name, passkey.transports, passkey.rp_id) == ("This computer", "internal", "localhost")
    assert passkey.last_used_at is not None
    assert ada.driver.get_cookie("session")["expiry"]
    assert ada.complaints() == []


def test_the_button_beside_the_password_takes_its_box_along(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey()
    ada.sign_out()
    ada.before_pages(NOT_OFFERED)

    ada.open("/auth/login?next=/auth/account/sessions")
    ada.find("[name=remember]").click()
    ada.press("Sign in with a passkey")

    ada.is_at("/auth/account/sessions")
    assert ada.driver.get_cookie("session")["expiry"]


def test_the_address_field_offers_it(ada: Person) -> None:
    """Chromium's devices in software answer at once what is offered there, as if it had been picked from the list."""
    ada.add_device()
    ada.add_passkey()
    ada.sign_out()

    ada.open("/auth/login?next=/auth/account/sessions")

    ada.is_at("/auth/account/sessions")


def test_two_devices_each_sign_in(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey("Computer")
    computer = ada.unplug()
    ada.add_device(is_key=True)
    ada.add_passkey()
    assert [passkey.name for passkey in stored(ada.site)] == ["Computer", "Security key"]

    for held in (ada.unplug(), computer):
        ada.plug(held)
        ada.sign_out()
        ada.open("/auth/login/passkey")
        ada.press("Sign in")
        ada.is_at("/admin/")
        ada.unplug()

    assert all(passkey.last_used_at for passkey in stored(ada.site))


def test_a_device_that_has_one_is_not_given_another(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey()

    ada.open(LIST)
    ada.press("Add a passkey")

    ada.reads("has a passkey for your account already")
    assert len(stored(ada.site)) == 1


def test_a_removed_passkey_opens_nothing_any_more(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey("Old key")
    ada.open(LIST)
    ada.find("a[aria-label='Change Old key']").click()
    ada.find("[name=current_password]").send_keys(PASSWORD)
    ada.press("Remove this passkey")
    ada.reads("is removed")

    ada.sign_out()
    ada.open("/auth/login/passkey")
    ada.press("Sign in")

    ada.reads("does not open an account" if ada.driver.get_credentials() else "has none for this site")
    assert stored(ada.site) == []


def test_it_is_the_second_step_after_the_password(ada: Person) -> None:
    ada.add_device()
    ada.add_passkey()
    ada.sign_out()
    ada.before_pages(NOT_OFFERED)
    ada.open("/auth/login?next=/auth/account/sessions")
    ada.give_password()
    ada.is_at("/auth/login/two-factor")
    judge(ada, "/auth/login/two-factor")
    ada.resize(1280)

    ada.find("[name=trust]:not(#trust)").click()
    ada.press("Use a passkey")

    ada.is_at("/auth/account/sessions")
    assert ada.complaints() == []


def test_it_confirms_who_one_is(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.add_device()
    ada.add_passkey()
    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=901))

    ada.open(LIST)
    ada.is_at("/auth/confirm-identity")
    ada.press("Use a passkey")

    ada.is_at(LIST)
    assert ada.complaints() == []


def test_the_page_asks_again_who_one_is_when_it_was_open_too_long(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.add_device()
    ada.open(LIST)
    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=901))

    ada.press("Add a passkey")

    ada.is_at("/auth/confirm-identity")


def test_a_device_that_does_not_know_its_owner_is_not_taken(ada: Person) -> None:
    ada.add_device(verifies=False)
    ada.open(LIST)

    ada.press("Add a passkey")

    ada.reads("No passkey was used")
    assert stored(ada.site) == []
    assert ada.find("button:not(.quiet)").get_attribute("aria-busy") is None


def test_it_works_by_keyboard_alone(ada: Person) -> None:
    ada.add_device()
    ada.open(LIST)
    ada.find("[name=name]").send_keys("By hand", Keys.ENTER)
    ada.reads("is added")
    ada.sign_out()

    ada.open("/auth/login/passkey")
    ada.wait("[...document.querySelectorAll('button')].some(b => b.offsetParent && b.form)")
    ada.find("[name=remember]").send_keys(Keys.TAB, Keys.NULL)
    ada.wait("document.activeElement.tagName === 'BUTTON'")
    ada.driver.switch_to.active_element.send_keys(Keys.ENTER)

    ada.is_at("/admin/")


def test_at_another_address_the_page_leads_to_the_right_one(person: Person) -> None:
    person.driver.get(person.site.url.replace("localhost", "127.0.0.1") + "/auth/login/passkey?next=/x")
    person.press("Sign in")

    person.reads("work at another address")
    assert person.find("[data-passkey-says] a").get_attribute("href") == f"{person.site.url}/auth/login/passkey?next=/x"


def test_a_browser_without_passkeys_is_told(person: Person) -> None:
    person.before_pages("delete window.PublicKeyCredential")

    person.open("/auth/login")
    person.press("Sign in with a passkey")

    person.reads("does not know passkeys")
    assert person.complaints() == []


def test_without_a_script_the_page_says_what_it_needs(person: Person) -> None:
    person.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})

    person.open("/auth/login")

    assert "switch on JavaScript" in person.find("main").text
    assert "Sign in with a passkey" not in person.find("main").text


def test_a_server_that_is_away_is_named_as_the_reason(person: Person) -> None:
    person.before_pages("window.fetch = async () => { throw new TypeError('away'); }")
    person.open("/auth/login/passkey")

    person.press("Sign in")

    person.reads("The server can't be reached")


@pytest.mark.parametrize("path", ["/auth/login", "/auth/login/passkey"])
def test_page_for_strangers_is_fit_for_everyone(person: Person, path: str) -> None:
    judge(person, path)


def test_pages_of_the_account_are_fit_for_everyone(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(ada, LIST)
    ada.add_device()
    ada.add_passkey("A name that is as long as a name can be, so that it has to be broken on a phone, a" * 1)
    ada.unplug()
    with ada.site.app.app_context():
        db.session.query(Passkey).update({"flagged_at": clock.now(), "rp_id": "an-old-name.gallery.example"})
        db.session.commit()

    judge(ada, LIST)
    judge(ada, f"{LIST}/{stored(ada.site)[0].id}")

    with ada.site.app.app_context():
        db.session.query(Passkey).update({"rp_id": "localhost"})
        db.session.commit()
    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=901))
    judge(ada, f"/auth/confirm-identity?next={LIST}")
