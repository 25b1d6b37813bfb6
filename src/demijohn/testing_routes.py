"""What `assert_protected` finds: it asks every address that the project has added, as a stranger and as a superuser."""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import BuildError, IntegerConverter, Rule

from demijohn.state import state_of

CLOSED = {400, 401, 403, 404, 405, 415, 422}
"""Answers that give a stranger nothing."""

WRITING = ("POST", "PUT", "PATCH", "DELETE")
WRITES = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)
OWN_BOOKKEEPING = {"session", "throttle", "user_session"}
"""Tables that a reading request may write: when the session was last seen, how often it asked."""

UNLIKELY = "00000000-0000-4000-8000-000000000000"
"""Stands for a path or a UUID that no record has."""


def faults_of_routes(app: Flask, client: FlaskClient, *, public: set[str]) -> list[str]:
    """One line for each address that is open, writes on GET, or takes a form without a token.

    Args:
        client: the plugin's client; it ends up signed in as a superuser.
        public: endpoints and blueprints that may answer strangers.
    """
    from demijohn.auth.extension import auth_of
    from demijohn.testing_client import Client, sign_in

    stranger = Client(app, app.response_class)  # with a token: what a stranger's own form would be let do
    rules = list(own_rules(app))
    listed = public | set(auth_of(app).section.public_endpoints)
    unlisted = [rule for rule in rules if not {rule.endpoint, rule.endpoint.rpartition(".")[0]} & listed]
    found = [fault for rule in unlisted for fault in open_to(stranger, app, rule)]
    sign_in(client, "assert-protected@example.com", superuser=True)
    found += [fault for rule in rules for fault in writes_on_get(client, app, rule)]
    exempt = set(state_of(app).settings.security.csrf_exempt)
    checked = [rule for rule in rules if not {rule.endpoint, rule.endpoint.rpartition(".")[0]} & exempt]
    return found + [fault for rule in checked for fault in without_token(client, app, rule)]


def own_rules(app: Flask) -> Iterator[Rule]:
    from demijohn.auth.rights.checks import own_views

    own = {endpoint for endpoint, _ in own_views(app)}
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint in own)


def address(app: Flask, rule: Rule) -> str:
    """An address of the rule, its arguments filled with something that fits."""
    values: dict[str, Any] = {}
    for name, converter in rule._converters.items():
        values[name] = 1 if isinstance(converter, IntegerConverter) else getattr(converter, "items", (UNLIKELY,))[0]
    try:
        return app.url_map.bind("localhost").build(rule.endpoint, values)
    except (BuildError, TypeError, ValueError):
        return re.sub(r"<[^>]+>", "1", rule.rule)


def open_to(stranger: FlaskClient, app: Flask, rule: Rule) -> Iterator[str]:
    path = address(app, rule)
    for method in sorted({"GET", *WRITING} & set(rule.methods or ())):
        with stranger.open(path, method=method) as answer:
            sent_away = answer.status_code == 302 and "/auth/login" in (answer.location or "")
            if answer.status_code not in CLOSED and not sent_away and not is_only_slash(answer, path):
                yield f"open to strangers: {rule.endpoint} ({method} {path} answers {answer.status_code})"


def is_only_slash(answer: Any, path: str) -> bool:
    return bool(answer.status_code == 308 and (answer.location or "").endswith(f"{path}/"))


def writes_on_get(client: FlaskClient, app: Flask, rule: Rule) -> Iterator[str]:
    if "GET" not in (rule.methods or ()) or not state_of(app).has("database"):
        return
    from demijohn.database.base import db

    written: set[str] = set()

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        match = WRITES.match(statement)
        if match and match[1].lower() not in OWN_BOOKKEEPING:
            written.add(match[1])

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        client.get(address(app, rule)).close()
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)
    if written:
        yield f"writes on GET: {rule.endpoint} ({address(app, rule)} writes {', '.join(sorted(written))})"


def without_token(client: Any, app: Flask, rule: Rule) -> Iterator[str]:
    path = address(app, rule)
    for method in sorted(set(WRITING) & set(rule.methods or ())):
        with client.open(path, method=method, csrf=False) as answer:
            if answer.status_code not in CLOSED:
                yield f"takes a form without a token: {rule.endpoint} ({method} {path} answers {answer.status_code})"
