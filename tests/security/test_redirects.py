"""Where a redirect may lead: read the way a browser reads it, attacked over HTTP."""

from collections.abc import Callable

import pytest
from flask import Flask, request

from demijohn import safe_redirect
from demijohn.security.redirects import is_safe_target

MakeApp = Callable[..., Flask]

STAYS = {
    "the front page": "/",
    "a path": "/orders/",
    "a path with a query": "/orders/?page=2&sort=-total",
    "a query that holds an address": "/login?next=https://evil.example/",
    "a query with a backslash": "/search?q=a\\b",
    "a fragment": "/orders#last",
    "a double slash further on": "/files//one",
    "a colon further on": "/orders/12:30",
    "letters beyond ASCII": "/büro/straße",
    "encoded letters": "/b%C3%BCro",
    "only a query": "?page=2",
    "only a fragment": "#top",
    "a relative path": "orders/7",
    "a relative path upwards": "../orders",
    "our own address": "https://shop.example/orders?page=2",
    "our own address alone": "https://shop.example",
    "our own address in capitals": "HTTPS://SHOP.EXAMPLE/orders",
    "our own address with a query at once": "https://shop.example?page=2",
}
LEAVES = {
    "another site": "https://evil.example/",
    "another site over http": "http://evil.example/",
    "no scheme": "//evil.example/",
    "three slashes": "///evil.example/",
    "four slashes": "////evil.example/",
    "slash and backslash": "/\\evil.example/",
    "backslash and slash": "\\/evil.example/",
    "two backslashes": "\\\\evil.example/",
    "a backslash further on": "/orders\\..\\evil",
    "slash, backslash, slash": "/\\/evil.example",
    "a scheme without slashes": "https:evil.example",
    "a scheme with one slash": "https:/evil.example",
    "a scheme with three slashes": "https:///evil.example",
    "a scheme with backslashes": "https:\\\\evil.example",
    "our scheme and a path": "https:/orders",
    "javascript": "javascript:alert(1)",
    "javascript in capitals": "JaVaScRiPt:alert(1)",
    "javascript behind a tab": "java\tscript:alert(1)",
    "javascript behind a control character": "\x01javascript:alert(1)",
    "javascript behind a space": " javascript:alert(1)",
    "javascript with an encoded colon": "javascript%3Aalert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "vbscript:msgbox(1)",
    "mailto": "mailto:someone@evil.example",
    "ftp": "ftp://shop.example/",
    "a tab between slashes": "/\t/evil.example/",
    "a newline between slashes": "/\n/evil.example/",
    "a carriage return between slashes": "/\r/evil.example/",
    "a header in the address": "/orders\r\nSet-Cookie: a=b",
    "a leading space": " //evil.example/",
    "a leading space before a path": " /orders",
    "a leading wide space": "\u00a0//evil.example",
    "a leading null": "\x00//evil.example",
    "a null inside": "/\x00/evil.example",
    "a trailing newline": "/orders\n",
    "a line separator": "/orders\u2028",
    "a C1 control character": "/\x85/evil.example",
    "a lone surrogate": "/orders\ud800",
    "user information": "https://shop.example@evil.example/",
    "user information that is ours": "https://someone@shop.example/",
    "user and password": "https://shop.example:pw@evil.example/",
    "a backslash before the at": "https://evil.example\\@shop.example/",
    "our name as a prefix": "https://shop.example.evil.example/",
    "our name as a suffix": "https://evilshop.example/",
    "our subdomain": "https://www.shop.example/",
    "our name over http": "http://shop.example/",
    "our name on another port": "https://shop.example:8443/",
    "our name and a dot": "https://shop.example./",
    "a wide dot": "https://shop\u3002example/",
    "a wide dot without a scheme": "//evil\u3002example/",
    "a wide slash in the host": "https://shop.example\uff0fevil.example/",
    "an encoded host": "https://%65vil.example/",
    "an encoded slash first": "/%2fevil.example/",
    "an encoded slash twice": "/%252fevil.example/",
    "an encoded backslash first": "/%5cevil.example/",
    "an encoded tab": "/%09/evil.example/",
    "an encoded newline": "/%0a/evil.example/",
    "two encoded slashes": "%2f%2fevil.example",
    "a broken IPv6 host": "http://[evil",
    "an IPv6 host": "https://[::1]/",
    "a decimal host": "https://2130706433/",
    "a fragment in the host": "https://evil.example#shop.example",
    "a query in the host": "https://evil.example?shop.example",
    "four thousand characters": "/" + "a" * 5000,
}


@pytest.fixture
def shop(make_app: MakeApp) -> Flask:
    app = make_app(public_url="https://shop.example", create_tables=False)

    @app.get("/go")
    def go() -> object:
        return safe_redirect(request.args["next"], fallback="/home")

    return app


@pytest.mark.parametrize("target", STAYS.values(), ids=STAYS)
def test_an_address_that_stays_here_is_followed(shop: Flask, target: str) -> None:
    with shop.test_request_context():
        assert is_safe_target(target)


@pytest.mark.parametrize("target", LEAVES.values(), ids=LEAVES)
def test_an_address_that_leads_away_is_not(shop: Flask, target: str) -> None:
    with shop.test_request_context():
        assert not is_safe_target(target)


@pytest.mark.parametrize("target", [t for t in LEAVES.values() if t.isprintable() or t.isascii()])
def test_the_browser_is_sent_to_the_fallback_instead(shop: Flask, target: str) -> None:
    answer = shop.test_client().get("/go", query_string={"next": target})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/home")


def test_our_own_absolute_address_is_followed_without_naming_the_host(shop: Flask) -> None:
    answer = shop.test_client().get("/go?next=https://shop.example/orders%3Fpage=2")

    assert answer.headers["Location"] == "/orders?page=2"


def test_without_a_fallback_the_front_page_of_the_mounted_application_is_it(make_app: MakeApp) -> None:
    app = make_app(public_url="https://example.org/shop", create_tables=False)
    app.add_url_rule("/go", view_func=lambda: safe_redirect("//evil.example"))

    assert app.test_client().get("/go").headers["Location"] == "/shop/"
