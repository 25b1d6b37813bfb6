"""The view on the page about lists does what the page says."""

import datetime as dt
from typing import Any

from flask import Flask
from howto import blocks
from shop import Customer, Order
from tests.conftest import MakeApp

from demijohn import db
from demijohn.testing_client import Client, sign_in


def served(make_app: MakeApp) -> tuple[Flask, Client]:
    names: dict[str, Any] = {}
    exec(blocks("admin-lists.md")[0].replace("from .models", "from shop"), names)
    app = make_app("shop", admin_views=[names["OrderView"]])
    with app.app_context():
        customer = Customer(name="Ada", email="ada@example.com")
        moments = [dt.datetime(year, 5, 1, tzinfo=dt.UTC) for year in (2025, 2026)]
        db.session.add_all([Order(customer=customer, total=5, placed_at=moment) for moment in moments])
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, superuser=True)
    return app, client


def test_the_list_of_the_page_offers_columns_and_years(make_app: MakeApp) -> None:
    _, client = served(make_app)

    page = client.get("/admin/order/").text

    assert all(f'name="column" value="{name}"' in page for name in ("total", "placed_at", "note"))
    assert all(f">{year}</a>" in page for year in (2025, 2026))


def test_the_addresses_of_the_page_mean_what_it_says(make_app: MakeApp) -> None:
    _, client = served(make_app)

    page = client.get("/admin/order/?columns=customer,total&by=-placed_at,total").text

    assert "column-header col-customer" in page
    assert "column-header col-status" not in page
    assert page.index("id=2") < page.index("id=1")
