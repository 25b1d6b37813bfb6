"""What `flask check` asks about security."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask

from demijohn.configuration.rules import is_loopback
from demijohn.contributions import Check, Problem
from demijohn.redis.settings import is_encrypted
from demijohn.security.csrf import marked_exempt
from demijohn.security.policy import weaknesses
from demijohn.security.start import extension_of, throttle_backend
from demijohn.state import state_of

BEHIND_A_PROXY = ("DYNO", "RENDER", "FLY_APP_NAME", "RAILWAY_ENVIRONMENT", "K_SERVICE", "KUBERNETES_SERVICE_HOST")
"""Variables that a platform sets whose router stands before every application (Heroku, Render, Fly, Railway, Cloud Run,
Kubernetes)."""

WORKERS = re.compile(r"(?:--workers[= ]|-w ?)(\d+)")


def exempt_views(app: Flask) -> Iterator[Problem]:
    """Views marked `csrf.exempt` that the settings do not list, and listed names that exempt nothing."""
    listed = extension_of(app).section.csrf_exempt
    marked = marked_exempt(app)
    unlisted = sorted(name for name in marked if name not in listed and name.rpartition(".")[0] not in listed)
    if unlisted:
        yield Problem(
            id="security.W001",
            level="warning",
            text=f"marked csrf.exempt but not listed, so still protected: {', '.join(unlisted)}.",
            fix=f"FLASK_SECURITY__CSRF_EXEMPT={','.join([*listed, *unlisted])}",
        )
    blueprints = {name.rpartition(".")[0] for name in marked}
    idle = [name for name in listed if name not in marked and name not in blueprints]
    if idle and app.view_functions:
        yield Problem(
            id="security.I002",
            level="info",
            text=f"listed in security.csrf_exempt, but no such view is marked csrf.exempt: {', '.join(idle)}.",
            fix="remove the name, or write @csrf.exempt above the view (from demijohn.security.csrf import csrf).",
        )


def proxies(app: Flask) -> Iterator[Problem]:
    """A platform whose router stands before the application, while forwarded headers count for nothing."""
    platform = next((name for name in BEHIND_A_PROXY if name in os.environ), None)
    if platform and extension_of(app).section.proxies == 0:
        yield Problem(
            id="security.I003",
            level="info",
            text=f"{platform} is set, so a proxy probably stands before this application, but none is configured: "
            "every client will have the proxy's address, and throttles will count them together.",
            fix="FLASK_SECURITY__PROXIES=1",
        )


def weak_policy(app: Flask) -> Iterator[Problem]:
    """Sources that let nearly any script in."""
    for directive, sources in extension_of(app).section.csp.added().items():
        weak = weaknesses(directive, sources)
        if weak:
            yield Problem(
                id="security.W004",
                level="warning",
                text=f"security.csp.{directive} holds {' '.join(weak)}, which lets nearly any script in.",
                fix='name the hosts you need, and give your own tags nonce="{{ csp_nonce() }}".',
            )


def tls(app: Flask) -> Iterator[Problem]:
    """Production that does not tell browsers to insist on TLS."""
    if extension_of(app).section.hsts_seconds == 0:
        yield Problem(
            id="security.W006",
            level="warning",
            text="security.hsts_seconds is 0, so a browser may be talked into plain http.",
            fix="remove FLASK_SECURITY__HSTS_SECONDS, or set it to 31536000.",
        )


def known_hosts(app: Flask) -> Iterator[Problem]:
    """Production that knows no host name of its own, and so answers nobody."""
    state = state_of(app)
    if state.environment == "production" and not state.public_url and not extension_of(app).section.trusted_hosts:
        yield Problem(
            id="security.W007",
            level="warning",
            text="no host name is known, so every request but the probes' gets 400.",
            fix="set PUBLIC_URL, or FLASK_SECURITY__TRUSTED_HOSTS to the names people use.",
        )


def redis_on_the_way(app: Flask) -> Iterator[Problem]:
    """A Redis server on another machine, asked in clear."""
    url = state_of(app).settings.redis.url
    plain = urlsplit(url.get_secret_value()) if url else None
    if plain and not is_encrypted(plain.geturl()) and not is_loopback(plain.hostname or ""):
        yield Problem(
            id="security.W008",
            level="warning",
            text=f"REDIS_URL leads to {plain.hostname} without TLS: whoever is on the way reads the password and more.",
            fix="use rediss:// in REDIS_URL.",
        )


def counts_together(app: Flask) -> Iterator[Problem]:
    """Several server processes, each of which counts for itself."""
    processes = announced_processes()
    section = extension_of(app).section
    if processes > 1 and throttle_backend(app, section) == "memory":
        yield Problem(
            id="security.W009",
            level="warning",
            text=f"{processes} processes count throttles each for itself, so {processes} times as much passes.",
            fix="set REDIS_URL, or FLASK_SECURITY__THROTTLE_BACKEND=database.",
        )


def announced_processes() -> int:
    """How many processes the server is told to run, as far as the environment says."""
    said = WORKERS.search(os.environ.get("GUNICORN_CMD_ARGS", ""))
    number = said[1] if said else os.environ.get("WEB_CONCURRENCY", "")
    return int(number) if number.isdecimal() else 1


CHECKS = (
    Check(name="csrf_exempt", run=exempt_views),
    Check(name="proxies", run=proxies),
    Check(name="csp", run=weak_policy),
    Check(name="hosts", run=known_hosts),
    Check(name="hsts", run=tls, deploy=True),
    Check(name="redis", run=redis_on_the_way, deploy=True),
    Check(name="throttles", run=counts_together, deploy=True),
)
