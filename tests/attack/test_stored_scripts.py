"""What somebody types is text wherever it is shown: lists, titles, histories, messages, look-ups, menus."""

import json
from urllib.parse import quote

import pytest
from flask import Flask
from markupsafe import escape
from shop import Customer, Order

from demijohn import db
from demijohn.testing_client import Client, sign_in

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "'-alert(1)-'<b>",
    "{{7*7}}<u>",
]
PAGES = [
    "/admin/",
    "/admin/customer/",
    "/admin/customer/?search={text}",
    "/admin/customer/details/?id=1",
    "/admin/customer/edit/?id=1",
    "/admin/customer/delete/?id=1",
    "/admin/customer/history/?id=1",
    "/admin/order/",
    "/admin/order/details/?id=1",
    "/admin/order/edit/?id=1",
    "/admin/order/history/?id=1",
    "/admin/audit_entry/",
    "/admin/user/",
    "/auth/account",
    "/auth/login?next={text}",
    "/nowhere/{text}",
]


@pytest.mark.parametrize("text", SCRIPTS, ids=[str(number) for number in range(len(SCRIPTS))])
def test_no_page_lets_a_stored_text_become_markup(app: Flask, text: str) -> None:
    client = Client(app, app.response_class)
    user = sign_in(client, "root@example.com", superuser=True)
    with app.app_context():
        owner = Customer(name=text, email="ada@example.com")
        db.session.add_all([owner, Order(customer=owner, total=1, note=text)])
        db.session.get(type(user), user.id).name = text
        db.session.commit()
    assert escape(text) in client.get("/admin/customer/").text
    client.post("/admin/order/edit/?id=1", data={"note": text * 2, "total": "x"})

    for address in PAGES:
        page = client.get(address, query_string=None) if "{" not in address else client.get(asked(address, text))
        assert text not in page.text, address
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def asked(address: str, text: str) -> str:
    return address.replace("{text}", quote(text, safe=""))


def test_a_look_up_answers_json_that_no_browser_takes_for_a_page(app: Flask) -> None:
    client = Client(app, app.response_class)
    sign_in(client, "root@example.com", superuser=True)
    with app.app_context():
        db.session.add(Customer(name=SCRIPTS[0], email="ada@example.com"))
        db.session.commit()

    answer = client.get("/admin/order/ajax/lookup/?name=customer&query=script")

    assert answer.content_type.startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.text)[0][1] == SCRIPTS[0]
