"""What `flask check` says about security, and that doing what it says ends it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from demijohn.checks import run_checks
from demijohn.security.checks import BEHIND_A_PROXY

MakeApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BEHIND_A_PROXY:
        monkeypatch.delenv(name, raising=False)


def found(app: Flask, *, deploy: bool = False) -> dict[str, str]:
    return {p.id: p.fix for p in run_checks(app, deploy=deploy) if p.id.startswith("security.")}


@pytest.fixture
def make(make_app: MakeApp) -> MakeApp:
    def made(**values: Any) -> Flask:
        return make_app(create_tables=False, **values)

    return made


def test_the_defaults_have_nothing_to_say_against_them(make: MakeApp) -> None:
    assert found(make(environment="production", public_url="https://shop.example"), deploy=True) == {}


def test_a_listed_name_that_exempts_nothing_is_named(make: MakeApp) -> None:
    assert "security.I002" in found(make(security={"csrf_exempt": ["nothing"]}))


@pytest.mark.parametrize("name", BEHIND_A_PROXY)
def test_a_platform_with_a_proxy_is_noticed(make: MakeApp, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")

    assert found(make())["security.I003"] == "FLASK_SECURITY__PROXIES=1"
    assert "security.I003" not in found(make(security={"proxies": 1}))


@pytest.mark.parametrize(
    ("csp", "weak"),
    [
        ({"script_src": "*"}, True),
        ({"default_src": "https:"}, True),
        ({"script_src": "data:"}, True),
        ({"script_src": "https://cdn.example"}, False),
        ({"img_src": "*"}, False),
    ],
)
def test_a_policy_that_lets_nearly_anything_in_is_named(make: MakeApp, csp: dict[str, str], weak: bool) -> None:
    assert ("security.W004" in found(make(security={"csp": csp}))) is weak


def test_what_was_switched_off_on_purpose_is_still_named(make: MakeApp) -> None:
    app = make(security={"csp": {"style_src": "'unsafe-inline'"}, "csp_allow_unsafe": True})

    assert "security.W004" in found(app)


def test_before_a_deployment_browsers_not_told_to_insist_on_tls_are_named(make: MakeApp) -> None:
    app = make(environment="production", public_url="https://shop.example", security={"hsts_seconds": 0})

    assert set(found(app, deploy=True)) == {"security.W006"}
    assert found(app) == {}


def test_production_without_a_name_is_told_that_it_answers_nobody(make: MakeApp) -> None:
    closed = {"environment": "production", "sessions": {"insecure_cookie": True}}

    assert "security.W007" in found(make(**closed))
    assert "security.W007" not in found(make(**closed, security={"trusted_hosts": ["inside"]}))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://:s3cret@cache.example:6379/0", True),
        ("rediss://:s3cret@cache.example:6379/0", False),
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost/3", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_redis_on_another_machine_without_tls_is_named_without_its_password(
    make: MakeApp, url: str, told: bool
) -> None:
    app = make(redis={"url": url})

    problems = [p for p in run_checks(app, deploy=True) if p.id == "security.W008"]

    assert bool(problems) is told
    assert "s3cret" not in str(problems)
    assert "security.W008" not in found(app)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("WEB_CONCURRENCY", "4", True),
        ("GUNICORN_CMD_ARGS", "--workers=3 --threads 4", True),
        ("GUNICORN_CMD_ARGS", "-w 2", True),
        ("WEB_CONCURRENCY", "1", False),
        ("WEB_CONCURRENCY", "many", False),
    ],
)
def test_several_processes_that_count_each_for_itself_are_named(
    make: MakeApp, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: bool
) -> None:
    monkeypatch.setenv(variable, value)

    assert ("security.W009" in found(make(security={"throttle_backend": "memory"}), deploy=True)) is told
    assert "security.W009" not in found(make(security={"throttle_backend": "database"}), deploy=True)
