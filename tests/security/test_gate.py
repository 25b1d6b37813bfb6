"""Hosts, proxies and the mounted path, asked over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, redirect, request, url_for

from demijohn import SetupError
from demijohn.loopback import is_loopback_request
from demijohn.security.address import client_address, client_network
from demijohn.security.urls import public_url_for

MakeApp = Callable[..., Flask]
PUBLIC = "https://shop.example"


def add_views(app: Flask) -> Flask:
    @app.get("/where")
    def where() -> dict[str, Any]:
        return {
            "host": request.host,
            "root": request.script_root,
            "path": request.path,
            "scheme": request.scheme,
            "address": client_address(),
            "loopback": is_loopback_request(),
            "inside": url_for("where"),
            "outside": url_for("where", _external=True),
            "mailed": public_url_for("where", a=1),
        }

    @app.get("/healthz")
    def healthz() -> str:
        return request.host

    @app.get("/folder/")
    def folder() -> str:
        return "folder"

    @app.get("/absolute")
    def absolute() -> object:
        return redirect(request.host_url + "folder/")

    return app


@pytest.fixture
def make(make_app: MakeApp) -> MakeApp:
    def made(**values: Any) -> Flask:
        values.setdefault("features", {"database": False, "observability": False})
        return add_views(make_app("bare", **values))

    return made


@pytest.fixture
def production(make: MakeApp) -> Flask:
    return make(
        environment="production", public_url=PUBLIC, security={"trusted_hosts": "www.shop.example .cdn.example"}
    )


@pytest.mark.parametrize(
    "host", ["shop.example", "SHOP.EXAMPLE", "shop.example:443", "www.shop.example", "a.cdn.example"]
)
def test_our_hosts_are_answered(production: Flask, host: str) -> None:
    assert production.test_client().get("/where", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "shop.example.evil.example",
        "evilshop.example",
        "shop.example.",
        "shop.example@evil.example",
        "shop.example:evil",
        "shop.example, evil.example",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[",
        "-",
        "cdn.example.evil",
        "shop.example/evil",
        "shop.example\x00",
        "\u017fhop.example".encode().decode("latin-1"),
    ],
)
@pytest.mark.parametrize("path", ["/where", "/folder", "/nothing"])
def test_unknown_hosts_get_400_and_are_not_repeated(production: Flask, host: str, path: str) -> None:
    answer = production.test_client().get(path, headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.text + str(answer.headers)
    assert "Content-Security-Policy" in answer.headers


def test_a_forwarded_host_is_not_a_host_without_a_proxy(production: Flask) -> None:
    answer = production.test_client().get("/where", headers={"X-Forwarded-Host": "evil.example"})

    assert answer.json is not None
    assert answer.json["host"] == "shop.example"


def test_the_operator_is_told_once_how_to_let_a_host_in(production: Flask, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        production.test_client().get("/where", headers={"Host": "10.0.0.5:8000"})

    assert [r.message for r in caplog.records if "refused the host" in r.message] == [
        "refused the host '10.0.0.5:8000'. Fix: if it is yours, FLASK_SECURITY__TRUSTED_HOSTS=10.0.0.5"
    ]


def test_probes_are_answered_for_any_host_without_showing_it_inside(production: Flask) -> None:
    answer = production.test_client().get("/healthz", headers={"Host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.text) == (200, "shop.example")


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "shop.localhost"])
def test_development_answers_to_the_names_of_this_machine(make: MakeApp, host: str) -> None:
    app = make(environment="development")

    assert app.test_client().get("/where", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.5:5000", "0.0.0.0"])
def test_development_refuses_every_other_name(make: MakeApp, host: str) -> None:
    app = make(environment="development")

    assert app.test_client().get("/where", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("path", ["/folder", "/absolute"])
@pytest.mark.parametrize("host", ["shop.example", "shop.example:6666", "www.shop.example"])
def test_a_redirect_never_names_the_host_that_was_asked(production: Flask, path: str, host: str) -> None:
    answer = production.test_client().get(path, headers={"Host": host})

    assert answer.status_code in {302, 308}
    assert answer.headers["Location"] in {"/folder/", "https://shop.example/folder/"}


def test_two_slashes_do_not_become_a_redirect_to_another_site(production: Flask) -> None:
    for path in ("//evil.example/%2e%2e", "//evil.example//folder", "/\\evil.example/folder", "//folder"):
        answer = production.test_client().get("https://shop.example" + path)
        location = answer.headers.get("Location", "/")
        assert location.startswith(("/", "https://shop.example/"))
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("host", ["shop.example", "shop.example:6666", "www.shop.example"])
def test_links_for_outside_are_built_from_the_public_address(production: Flask, host: str) -> None:
    seen = production.test_client().get("/where", headers={"Host": host}).json

    assert seen is not None
    assert (seen["inside"], seen["outside"]) == ("/where", "https://shop.example/where")
    assert seen["mailed"] == "https://shop.example/where?a=1"


def test_links_can_be_built_without_a_request(production: Flask) -> None:
    with production.app_context():
        assert public_url_for("where", _anchor="x") == "https://shop.example/where#x"
        assert url_for("where") == "https://shop.example/where"


def test_development_without_a_public_address_mails_its_own(make: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make(environment="development")
    seen = app.test_client().get("/where", headers={"Host": "localhost:5001"}).json
    assert seen is not None
    assert seen["mailed"] == "http://localhost:5001/where?a=1"

    monkeypatch.setenv("FLASK_RUN_PORT", "5002")
    with app.app_context():
        assert public_url_for("where") == "http://127.0.0.1:5002/where"


def test_without_a_public_address_production_builds_no_link(make: MakeApp) -> None:
    app = make(environment="production", sessions={"insecure_cookie": True}, security={"trusted_hosts": ["inside"]})

    with app.test_request_context(base_url="http://inside"), pytest.raises(SetupError) as caught:
        public_url_for("where")
    assert caught.value.fix.startswith("set PUBLIC_URL")


def ask(app: Flask, path: str, **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(path, base_url="http://shop.example/", headers=names).json


def test_without_proxies_forwarded_headers_count_for_nothing(production: Flask) -> None:
    seen = ask(production, "/where", X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="https", X_Forwarded_Prefix="/x")

    assert (seen["address"], seen["scheme"], seen["root"]) == ("127.0.0.1", "http", "")


@pytest.mark.parametrize(("hops", "address"), [(1, "3.3.3.3"), (2, "2.2.2.2"), (3, "1.1.1.1")])
def test_as_many_hops_count_as_the_settings_say(make: MakeApp, hops: int, address: str) -> None:
    app = make(environment="production", public_url=PUBLIC, security={"proxies": hops})
    proto = ", ".join(["https"] * hops)

    seen = ask(app, "/where", X_Forwarded_For="1.1.1.1, 2.2.2.2, 3.3.3.3", X_Forwarded_Proto=proto)

    assert (seen["address"], seen["scheme"]) == (address, "https")


def test_a_proxys_host_is_checked_as_well(make: MakeApp) -> None:
    app = make(environment="production", public_url=PUBLIC, security={"proxies": 1})

    answer = app.test_client().get("/where", headers={"X-Forwarded-Host": "evil.example"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("headers", "address", "loopback"),
    [
        ({}, "127.0.0.1", True),
        ({}, "::1", True),
        ({}, "::ffff:127.0.0.1", True),
        ({"Host": "[::1]:5000"}, "::1", True),
        ({}, "10.0.0.1", False),
        ({}, "", False),
        ({}, "localhost", False),
        ({"Host": "shop.example"}, "127.0.0.1", False),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", False),
        ({"X-Forwarded-Proto": ""}, "127.0.0.1", False),
        ({"X-Forwarded-Anything": "x"}, "127.0.0.1", False),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1", False),
        ({"Via": "1.1 proxy"}, "127.0.0.1", False),
    ],
)
def test_loopback_means_peer_and_host_and_nothing_forwarded(
    make: MakeApp, headers: dict[str, str], address: str, loopback: bool
) -> None:
    app = make(security={"trusted_hosts": ["shop.example"]})
    answer = app.test_client().get("/where", headers=headers, environ_overrides={"REMOTE_ADDR": address})

    assert answer.json is not None
    assert answer.json["loopback"] is loopback


def test_a_probe_with_a_foreign_host_is_not_loopback(make: MakeApp) -> None:
    app = make()
    app.add_url_rule("/readyz", view_func=lambda: str(is_loopback_request()))

    assert app.test_client().get("/readyz", headers={"Host": "evil.example"}).text == "False"
    assert app.test_client().get("/readyz").text == "True"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert client_network(address) == network


@pytest.fixture
def mounted(make: MakeApp) -> Callable[..., Flask]:
    def made(**security: Any) -> Flask:
        return make(environment="production", public_url="https://example.org/tools/shop", security=security)

    return made


def raw(app: Flask, path: str, script: str = "", **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(path, base_url=f"https://example.org{script}", headers=names)


def test_an_application_below_a_path_answers_there(mounted: Callable[..., Flask]) -> None:
    seen = raw(mounted(), "/tools/shop/where").json

    assert (seen["root"], seen["path"], seen["inside"]) == ("/tools/shop", "/where", "/tools/shop/where")
    assert seen["mailed"] == "https://example.org/tools/shop/where?a=1"


@pytest.mark.parametrize("path", ["/where", "/", "/tools", "/tools/shopping/where", "/tools/shop2", "/other/where"])
def test_outside_that_path_there_is_nothing(mounted: Callable[..., Flask], path: str) -> None:
    assert raw(mounted(), path).status_code == 404


def test_probes_answer_outside_that_path_too(mounted: Callable[..., Flask]) -> None:
    assert raw(mounted(), "/healthz").status_code == 200
    assert raw(mounted(), "/tools/shop/healthz").status_code == 200


def test_a_server_that_says_where_it_is_mounted_is_understood(mounted: Callable[..., Flask]) -> None:
    assert raw(mounted(), "/where", script="/tools/shop").json["root"] == "/tools/shop"
    assert raw(mounted(), "/shop/where", script="/tools").json["root"] == "/tools/shop"


def test_a_proxy_that_strips_and_says_so_is_understood(mounted: Callable[..., Flask]) -> None:
    seen = raw(mounted(proxies=1), "/where", X_Forwarded_Prefix="/tools/shop").json

    assert (seen["root"], seen["inside"]) == ("/tools/shop", "/tools/shop/where")


@pytest.mark.parametrize("prefix", ["//evil.example", "/evil", "/tools"])
def test_a_wrong_prefix_is_not_believed(mounted: Callable[..., Flask], prefix: str) -> None:
    assert raw(mounted(proxies=1), "/where", X_Forwarded_Prefix=prefix).status_code == 404


def test_a_prefix_from_a_client_is_not_believed(mounted: Callable[..., Flask]) -> None:
    assert raw(mounted(), "/where", X_Forwarded_Prefix="/tools/shop").status_code == 404


def test_a_proxy_that_strips_and_says_nothing_needs_the_setting(mounted: Callable[..., Flask]) -> None:
    assert raw(mounted(proxies=1), "/where").status_code == 404
    assert raw(mounted(proxies=1, proxy_strips_path=True), "/where").json["root"] == "/tools/shop"


def test_redirects_and_tests_stay_below_the_path(mounted: Callable[..., Flask]) -> None:
    app = mounted()

    assert raw(app, "/tools/shop/folder").headers["Location"] == "/tools/shop/folder/"
    assert app.test_client().get("/where").status_code == 200


def test_two_applications_in_one_process_have_their_own_hosts(make: MakeApp) -> None:
    one = make(environment="production", public_url="https://one.example")
    two = make(environment="production", public_url="https://two.example")

    for app, host, status in ((one, "one.example", 200), (one, "two.example", 400), (two, "two.example", 200)):
        assert app.test_client().get("/where", headers={"Host": host}).status_code == status
