"""Realistic sample data: `flask --app example_app db seed --orders 10000`.

Rows are made in batches as plain dictionaries and inserted by Core, so a million orders need time, not memory. The same
numbers come out at every run.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import click
from sqlalchemy import func, insert, select, text

from demijohn import db
from demijohn.clock import now
from example_app.models import Customer, Order, OrderLine, Product, Status
from example_app.tickets.seed import add_tickets

BATCH = 5_000
FIRST = (
    "Ada Bela Chidi Dana Emeka Fatima Goran Hana Ines Jonas Kavya Lena Mei Nils Olga Priya Quinn Rosa Sami Tove".split()
)
LAST = "Adler Berg Castro Dimitrov Eriksen Garcia Haddad Ito Jansen Kowalski Lindqvist Moreau Nguyen Okafor".split()
CITIES = ("Bergen", "Ghent", "Graz", "Leeds", "Lyon", "Porto", "Riga", "Turin", "Utrecht", None)
GOODS = (
    "Carboy Funnel Airlock Hydrometer Siphon Bung Cork Crate Beaker Flask Retort Condenser Burner Clamp Stand".split()
)
SIZES = ("0.5 l", "1 l", "2 l", "5 l", "10 l", "25 l", "54 l")
STATUSES = [Status.SHIPPED] * 14 + [Status.PAID] * 3 + [Status.DRAFT] * 2 + [Status.CANCELLED]


@click.command()
@click.option("--orders", default=10_000, show_default=True, help="How many orders to add.")
def seed(orders: int) -> None:
    """Add sample customers, products, orders and tickets."""
    rng = random.Random(20_26)
    start = db.session.scalar(select(func.count()).select_from(Order)) or 0
    products = add_products(rng)
    customers = add_customers(rng, count=max(20, orders // 10), start=start)
    for numbers in batches(range(start + 1, start + orders + 1)):
        add_orders(rng, numbers, customers=customers, products=products)
        db.session.commit()
    tickets = add_tickets(rng, latest_orders())
    measure_tables()
    click.echo(
        f"added {orders} orders of {len(customers)} customers for {len(products)} products, and {tickets} tickets"
    )


def measure_tables() -> None:
    """Let the database count what it has, so that it plans well and lists say how many rows there are."""
    if db.engine.dialect.name in {"sqlite", "postgresql"}:
        db.session.execute(text("ANALYZE"))
        db.session.commit()


def latest_orders() -> list[tuple[int, int]]:
    """Id and customer of the orders that people still write about."""
    recent = select(Order.id, Order.customer_id).order_by(Order.placed_at.desc()).limit(600)
    return [(row.id, row.customer_id) for row in db.session.execute(recent)]


def batches(numbers: range) -> Iterator[range]:
    for first in range(0, len(numbers), BATCH):
        yield numbers[first : first + BATCH]


def add_products(rng: random.Random) -> list[tuple[int, Decimal]]:
    """Id and price of every product; makes them if there are none."""
    if not db.session.scalar(select(func.count()).select_from(Product)):
        names = [f"{good} {size}" for good, size in itertools.product(GOODS, SIZES)]
        rows = [
            {
                "sku": f"P{number:04}",
                "name": name,
                "price": Decimal(rng.randint(150, 19_900)) / 100,
                "in_stock": rng.randint(0, 400),
            }
            for number, name in enumerate(names, start=1)
        ]
        db.session.execute(insert(Product), rows)
    return [(row.id, row.price) for row in db.session.execute(select(Product.id, Product.price))]


def add_customers(rng: random.Random, *, count: int, start: int) -> list[int]:
    """Ids of the customers added."""
    for numbers in batches(range(start + 1, start + count + 1)):
        db.session.execute(insert(Customer), [customer(rng, number) for number in numbers])
    return list(db.session.scalars(select(Customer.id).order_by(Customer.id.desc()).limit(count)))


def customer(rng: random.Random, number: int) -> dict[str, Any]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    address = f"{first}.{last}.{number}@example.com".lower()
    return {"name": f"{first} {last}", "email": address, "city": rng.choice(CITIES)}


def add_orders(
    rng: random.Random, numbers: range, *, customers: list[int], products: list[tuple[int, Decimal]]
) -> None:
    """One batch of orders with one to five lines each."""
    orders: list[dict[str, Any]] = []
    lines: list[list[tuple[int, Decimal, int]]] = []
    end = now()
    for number in numbers:
        chosen = [(*product, rng.randint(1, 6)) for product in rng.sample(products, rng.randint(1, 5))]
        orders.append(
            {
                "number": f"SO-{number:07}",
                "customer_id": rng.choice(customers),
                "status": rng.choice(STATUSES),
                "placed_at": end - timedelta(seconds=rng.randint(0, 2 * 365 * 86_400)),
                "total": sum(price * quantity for _, price, quantity in chosen),
            }
        )
        lines.append(chosen)
    add_rows(Order, orders)
    made = Order.number.between(orders[0]["number"], orders[-1]["number"])
    ids = db.session.scalars(select(Order.id).where(made).order_by(Order.number)).all()
    rows = [
        {"order_id": order_id, "product_id": product, "price": price, "quantity": quantity}
        for order_id, own in zip(ids, lines, strict=True)
        for product, price, quantity in own
    ]
    add_rows(OrderLine, rows)


def add_rows(model: Any, rows: list[dict[str, Any]]) -> None:
    """Insert into the table and not through the class, whose own work would take as long again."""
    if db.engine.dialect.name == "postgresql":
        copy_rows(model.__table__, rows)
        return
    db.session.execute(insert(model.__table__), rows)


def copy_rows(table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert with COPY, which spares the server a statement for every row."""
    quoted = db.engine.dialect.identifier_preparer.quote
    names = list(rows[0])
    into = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    raw: Any = db.session.connection().connection
    with raw.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([getattr(row[name], "value", row[name]) for name in names])
