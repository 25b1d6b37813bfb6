"""The example back office: its data, its own battery, its settings."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from projects import Project

EXAMPLE = Path(__file__).parents[2] / "example_app"
ENV = {"FLASK_APP": "example_app", "FLASK_ENVIRONMENT": "development"}
KEY = {"SECRET_KEY": "a-key-for-tests-only-0123456789-abcdefghij"}
COUNT = """
import json

from example_app import app
from example_app.tickets.battery import close_solved, count_solved
from example_app.tickets.models import Attachment, Tag, Ticket, TicketNote, TicketState
from sqlalchemy import func, select

from demijohn import db

with app.app_context():
    counts = {model.__name__: db.session.scalar(select(func.count()).select_from(model))
              for model in (Ticket, TicketNote, Tag, Attachment)}
    waiting = count_solved(app)
    done = close_solved(app)
    left = count_solved(app)
    still_solved = db.session.scalar(select(func.count()).where(Ticket.state == TicketState.SOLVED))
print(json.dumps({**counts, "waiting": waiting, "done": done, "left": left, "still_solved": still_solved}))
"""


IMPORT = """
import io, json, os, re
from pathlib import Path

from example_app import app
from example_app.models import Product
from sqlalchemy import select

from demijohn import db
from demijohn.testing_client import Client, sign_in

client = Client(app, app.response_class)
sign_in(client, superuser=True)
rows = os.environ.get("ROWS", "").encode() or Path("example_app/price-list.csv").read_bytes()
step = client.post("/admin/product/import/", data={"file": (io.BytesIO(rows), "price-list.csv")}).location
page = client.get(step).text
chosen = re.findall(r'<select[^>]*name="(column-\\d+|mode)"[^>]*>.*?<option value="([^"]*)" selected', page, re.DOTALL)
client.post(f"{step}map/", data={**dict(chosen), "key": "sku"})
counts = dict(re.findall(r"<dt>(\\w+)</dt><dd>([\\d,]+)</dd>", client.get(step).text))
client.post(f"{step}write/")
with app.app_context():
    names = db.session.scalars(select(Product.name).where(Product.sku.like("D%")).order_by(Product.sku)).all()
    price = str(db.session.scalar(select(Product.price).where(Product.sku == "P0001")))
    twice = db.session.execute(select(Product.sku, Product.name).where(Product.sku.like("T%"))).all()
print(json.dumps([chosen, counts, names, price, [tuple(row) for row in twice]]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example with sixty orders."""
    folder = tmp_path_factory.mktemp("example")
    ignored = shutil.ignore_patterns("__pycache__", "instance")
    shutil.copytree(EXAMPLE, folder / "example_app", ignore=ignored)
    made = Project(folder)
    for command in (("db", "upgrade"), ("db", "seed", "--orders", "60")):
        done = made.flask(*command, env=ENV)
        assert done.status == 0, done.text
    return made


def test_half_of_the_orders_have_a_ticket_and_its_solved_ones_close_by_themselves(project: Project) -> None:
    told = json.loads(project.python(COUNT, env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAYS": "1"}).out.splitlines()[-1])

    assert (told["Ticket"], told["Tag"], told["Attachment"]) == (30, 6, 10)
    assert told["TicketNote"] > told["Ticket"]
    assert told["waiting"] == told["done"] > 0
    assert told["left"] == 0


def test_the_models_are_what_the_migrations_make(project: Project) -> None:
    done = project.flask("db", "check", env=ENV)

    assert done.status == 0, done.text


def test_its_settings_are_settings_like_any_other(project: Project) -> None:
    said = project.flask("settings", "--origin", env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAYS": "7"})
    wrong = project.flask("settings", env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAY": "7"})

    assert "tickets.close_after_days" in said.out
    assert "FLASK_TICKETS__CLOSE_AFTER_DAYS (environment)" in said.out
    assert (wrong.status, "FLASK_TICKETS__CLOSE_AFTER_DAYS" in wrong.err) == (2, True)


def test_the_checks_find_nothing(project: Project) -> None:
    done = project.flask("check", "--fail-level", "warning", env=ENV)

    assert done.status == 0, done.text


def test_the_price_list_of_the_tour_is_imported(project: Project) -> None:
    done = project.python(IMPORT, env=ENV | KEY)
    assert done.status == 0, done.text
    chosen, counts, names, price, _ = json.loads(done.out.splitlines()[-1])

    assert [field for name, field in chosen if name.startswith("column")] == ["sku", "name", "price", "in_stock"]
    assert {name: counts[name] for name in ("New", "Changed", "Wrong")} == {"New": "4", "Changed": "3", "Wrong": "1"}
    assert (names, price) == (["Demijohn 5 l", "Demijohn 10 l", "Demijohn 25 l", "Demijohn 54 l"], "4.2000")


def test_two_processes_import_the_same_products_at_once(project: Project) -> None:
    def imported(name: str) -> Any:
        rows = "SKU,Name,Price,In stock\n" + "".join(f"T{n:04},{name} {n},1.50,1\n" for n in range(150))
        return project.python(IMPORT, env=ENV | KEY | {"ROWS": rows})

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(imported, ("one", "other")))

    assert [one.status for one in done] == [0, 0], [one.text for one in done]
    products = max((json.loads(one.out.splitlines()[-1])[4] for one in done), key=len)
    assert sorted(sku for sku, _ in products) == [f"T{n:04}" for n in range(150)]
    assert {name.partition(" ")[0] for _, name in products} <= {"one", "other"}
