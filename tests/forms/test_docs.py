"""The code in `docs/howto/forms.md` and `docs/howto/security.md`, run as it stands."""

import re
from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask import Flask
from howto import blocks
from jinja2 import DictLoader
from shop import Customer

from demijohn import db

MakeApp = Callable[..., Flask]


def names(app: Flask) -> dict[str, Any]:
    flask_names = {name: getattr(flask, name) for name in ("redirect", "render_template", "request", "url_for")}
    return {"__name__": "howto", "app": app, "db": db, "Customer": Customer, **flask_names}


def token_in(page: str) -> dict[str, str]:
    fields = re.findall(r"<input[^>]*hidden[^>]*>", page)
    return {re.findall(r'name="(\w+)"', f)[0]: re.findall(r'value="([^"]*)"', f)[0] for f in fields}


@pytest.fixture
def customers(make_app: MakeApp) -> Flask:
    app = make_app()
    app.add_url_rule("/customers", "customers", view_func=lambda: "")
    app.jinja_loader = DictLoader({"customer.html": blocks("forms.md", "html")[0]})  # type: ignore[assignment]
    exec(blocks("forms.md", "python")[0], names(app))
    return app


def test_the_form_of_the_page_makes_a_customer(customers: Flask) -> None:
    client = customers.test_client()
    fields = token_in(client.get("/customers/new").text)

    answer = client.post("/customers/new", data={**fields, "name": "Ada", "email": "ada@example.org"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/customers")
    with customers.app_context():
        assert db.session.scalars(db.select(Customer.name)).all() == ["Ada"]


def test_the_form_of_the_page_answers_json_as_the_page_says(customers: Flask) -> None:
    client = customers.test_client()
    token = token_in(client.get("/customers/new").text)["csrf_token"]

    answer = client.post("/customers/new", json={"name": "Ada"}, headers={"X-CSRFToken": token})

    said = flask.json.loads(blocks("forms.md", "json")[0])
    assert answer.status_code == 422
    assert answer.json is not None
    assert said.items() <= answer.json.items()


def test_the_examples_about_doors_do_what_they_say(make_app: MakeApp) -> None:
    app = make_app("bare", features={"database": False}, security={"csrf_exempt": "payment"})
    app.jinja_loader = DictLoader({"map.html": ""})  # type: ignore[assignment]
    opened, webhook, throttle, _ = blocks("security.md", "python")
    for code in (opened, webhook, throttle):
        exec(code, names(app))
    client = app.test_client()

    assert "maps.example.com" in client.get("/map").headers["Content-Security-Policy"]
    assert client.post("/hooks/payment").status_code == 204
    assert client.post("/vat").status_code == 400
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    assert [client.post("/vat").status_code for _ in range(21)] == [200] * 20 + [429]
