"""What `flask check --deploy` and `/readyz` ask about where sessions are kept."""

from collections.abc import Iterator

from flask import Flask

from demijohn.contributions import Check, Problem
from demijohn.redis.server import RedisAway, redis_of
from demijohn.sessions.backends.base import Backend


def probe_sessions(app: Flask) -> str | None:
    """Whether people who are signed in can be served."""
    backend: Backend = app.extensions["demijohn.sessions"].backend
    return backend.probe()


def keeps_what_it_is_given(app: Flask) -> Iterator[Problem]:
    """Whether Redis answers, and keeps sessions when it is full."""
    if app.extensions["demijohn.sessions"].section.backend != "redis":
        return
    try:
        memory = redis_of(app).ask(lambda client: client.info("memory"))
    except RedisAway as away:
        yield Problem(
            id="sessions.W001",
            level="warning",
            text=f"sessions are kept in Redis, which does not answer ({away.reason}): nobody can be signed in.",
            fix="start it, correct REDIS_URL, or FLASK_SESSIONS__BACKEND=database.",
        )
        return
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        yield Problem(
            id="sessions.W002",
            level="warning",
            text=f"when Redis is full it throws sessions away (maxmemory-policy {policy}), and people are signed out.",
            fix="give sessions a server of their own, with: redis-cli CONFIG SET maxmemory-policy noeviction",
        )


CHECKS = (Check(name="sessions in Redis", run=keeps_what_it_is_given, deploy=True),)
