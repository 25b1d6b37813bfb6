"""Every page of ours by measure: accessible, within its policy, light in weight, usable on a phone, kind to readers."""

from typing import Any

import html5lib
import pytest

PUBLIC_PAGES = {
    "sign-in": "/auth/login",
    "forgotten password": "/auth/forgot",
    "not found": "/nowhere",
}
OWN_PAGES = {
    "account": "/auth/account",
    "password": "/auth/account/password",
    "devices": "/auth/account/sessions",
    "two-step sign-in": "/auth/account/two-factor",
    "set up an app": "/auth/account/two-factor/app",
    "reset a second factor": "/auth/reset-two-factor/2",
    "one's data": "/auth/account/export",
    "delete one's account": "/auth/account/delete",
    "API tokens": "/auth/account/tokens",
    "act as a user": "/auth/act-as/2",
    "sign-in limits": "/auth/locks/2",
    "new API token": "/auth/account/tokens/new",
}
ADMIN_PAGES = {
    "dashboard": "/admin/",
    "how the application is": "/admin/system/",
    "list": "/admin/gallery_work/",
    "searched list": "/admin/gallery_work/?search=Study",
    "nothing found": "/admin/gallery_work/?search=zzzz",
    "empty list": "/admin/gallery_donor/",
    "edit": "/admin/gallery_work/edit/?id=4",
    "create": "/admin/gallery_work/new/",
    "details": "/admin/gallery_work/details/?id=4",
    "delete": "/admin/gallery_technique/delete/?id=4",
    "delete what is in use": "/admin/gallery_artist/delete/?id=1",
    "history": "/admin/gallery_work/history/?id=4",
    "sign-in limits": "/admin/-/limits/?email=ada@gallery.example&address=203.0.113.7",
    "saved views": "/admin/saved-views/?of=admin_gallery_work",
    "search everything": "/admin/global-search/?q=study",
    "choose an export": "/admin/gallery_work/export/",
    "import": "/admin/gallery_work/import/",
    "background work": "/admin/-/jobs/",
    "users": "/admin/user/",
    "user": "/admin/user/edit/?id=1",
    "everything about a user": "/admin/user/details/?id=1",
    "role": "/admin/role/new/",
    "permissions": "/admin/role/rights/",
    "permissions of a role": "/admin/role/rights/1/",
    "why may somebody": "/admin/role/rights/why/?email=ada%40gallery.example&permission=gallery_work.edit&key=4",
    "audit log": "/admin/audit_entry/",
    "audit entry": "/admin/audit_entry/details/?id=5",
    "outgoing mail": "/admin/outgoing_mail/",
    "accounts to be deleted": "/admin/account_deletion/",
    "everybody's API tokens": "/admin/api_token/",
}
SIGNED_IN = {**OWN_PAGES, **ADMIN_PAGES}


DEVELOPMENT_PAGES = {
    "welcome": "/",
    "development": "/_dev/",
    "routes": "/_dev/routes/",
    "settings": "/_dev/settings/",
    "inbox": "/_dev/mail/",
}


def judge(browser: Any, path: str) -> None:
    """One page, at a desk and on a phone, light and dark."""
    browser.open(path)
    judge_here(browser, path)


def judge_here(browser: Any, path: str = "") -> None:
    """The page that the browser shows; an answer of 4xx is no fault of the page at this path."""
    complaints = [c for c in browser.complaints() if "responded with a status of 4" not in c or path not in c]
    assert complaints == []
    for width in (1280, 390):
        browser.resize(width)
        assert browser.overflow() <= 0, width
        assert browser.small_targets() == [], width
        for theme in ("light", "dark"):
            browser.prefer(theme)
            assert browser.faults() == [], (width, theme)
    assert [address for address, _ in browser.requests() if not address.startswith(browser.site.url)] == []


@pytest.mark.parametrize("path", PUBLIC_PAGES.values(), ids=PUBLIC_PAGES)
def test_page_for_strangers_is_fit_for_everyone(stranger: Any, path: str) -> None:
    judge(stranger, path)


@pytest.mark.parametrize("path", SIGNED_IN.values(), ids=SIGNED_IN)
def test_page_for_staff_is_fit_for_everyone(browser: Any, path: str) -> None:
    judge(browser, path)


@pytest.mark.parametrize("path", DEVELOPMENT_PAGES.values(), ids=DEVELOPMENT_PAGES)
def test_page_of_development_is_fit_for_everyone(developer: Any, path: str) -> None:
    judge(developer, path)


@pytest.mark.parametrize("path", {**PUBLIC_PAGES, **SIGNED_IN}.values(), ids={**PUBLIC_PAGES, **SIGNED_IN})
def test_html_is_valid_and_no_id_is_used_twice(browser: Any, path: str) -> None:
    browser.open(path)
    source = browser.run("return fetch(location.href).then(answer => answer.text())")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)

    tree = parser.parse(source)

    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert [f"{position}: {code} {names}" for position, code, names in parser.errors] == []
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


@pytest.mark.parametrize("path", SIGNED_IN.values(), ids=SIGNED_IN)
def test_nothing_is_inline(browser: Any, path: str) -> None:
    browser.open(path)

    inline = browser.run(
        "return fetch(location.href).then(a => a.text()).then(text => {"
        " const page = new DOMParser().parseFromString(text, 'text/html');"
        " const all = [...page.querySelectorAll('*')];"
        " return all.filter(e => e.hasAttribute('style') || [...e.attributes].some(a => a.name.startsWith('on'))"
        "   || (e.matches('script:not([src])') && e.type !== 'application/json')"
        "   || (e.getAttribute('href') || '').startsWith('javascript:')).map(e => e.outerHTML.slice(0, 160)); })"
    )

    assert inline == []


@pytest.mark.parametrize(
    ("path", "most_kilobytes", "most_requests"),
    [("/admin/gallery_work/?page_size=20", 350, 10), ("/admin/gallery_work/edit/?id=4", 320, 10)],
    ids=["admin list of 20", "edit form"],
)
def test_admin_page_is_light(browser: Any, path: str, most_kilobytes: int, most_requests: int) -> None:
    browser.open(path)

    loaded = browser.requests()

    assert sum(size for _, size in loaded) <= most_kilobytes * 1000
    assert len(loaded) <= most_requests


def test_sign_in_is_light(stranger: Any) -> None:
    stranger.open("/auth/login")

    loaded = stranger.requests()

    assert sum(size for _, size in loaded) <= 60_000
    assert len(loaded) <= 5
