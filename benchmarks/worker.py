"""Measures one application in its own process and prints a JSON line: `python -m benchmarks.worker ours list 1000`."""

import importlib
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from werkzeug.test import EnvironBuilder

EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def fill(application: Any, rows: int) -> None:
    """Customers and orders by Core, in batches."""
    customers = max(10, rows // 10)
    session = application.db.session
    draft, paid = application.Status
    for first in range(0, customers, 5_000):
        numbers = range(first, min(first + 5_000, customers))
        session.execute(
            sa.insert(application.Customer), [{"name": f"Customer {n}", "email": f"c{n}@example.com"} for n in numbers]
        )
    for first in range(0, rows, 5_000):
        numbers = range(first, min(first + 5_000, rows))
        orders = [
            {
                "customer_id": n % customers + 1,
                "status": paid if n % 3 == 0 else draft,
                "total": Decimal(n % 9_973) / 100,
                "note": f"note {n}",
            }
            for n in numbers
        ]
        session.execute(sa.insert(application.Order), orders)
    session.commit()


def sign_in(app: Any) -> tuple[Any, float]:
    """A signed-in client, and how long the posting took (seconds)."""
    client = app.test_client()
    token = TOKEN.search(client.get("/auth/login").text)
    assert token, "the sign-in page has no token"
    began = time.perf_counter()
    answer = client.post("/auth/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token[1]})
    spent = time.perf_counter() - began
    assert answer.status_code in {302, 303}, answer.status
    return client, spent


def median_of(work: Callable[[], Any], *, rounds: int, warm_up: int) -> float:
    """Median seconds of `work` over `rounds`, after `warm_up` that do not count."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def measure(which: str, what: str, rows: int) -> float:
    application = importlib.import_module(f"benchmarks.{which}")
    with tempfile.TemporaryDirectory() as folder:
        app = application.create_app(f"sqlite:///{Path(folder) / 'bench.db'}")
        with app.app_context():
            application.db.create_all()
            application.add_user(EMAIL, PASSWORD)
            fill(application, rows)
        if what == "sign-in":
            return statistics.median([sign_in(app)[1] for _ in range(5)])
        client, _ = sign_in(app)
        path, rounds = ("/hello", 3_000) if what == "hello" else ("/admin/order/", 60)
        return median_of(asking(app, client, path), rounds=rounds, warm_up=5)


def asking(app: Any, client: Any, path: str) -> Callable[[], None]:
    """A bare WSGI call with this client's cookies: no test client in the measured time."""
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())
    environ = EnvironBuilder(path=path, headers={"Cookie": cookies}).get_environ()
    seen: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
        seen.append(status)
        return lambda data: None

    def ask() -> None:
        answer = app({**environ}, start_response)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
        assert seen.pop().startswith("200")

    return ask


if __name__ == "__main__":
    which, what, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps({"seconds": measure(which, what, rows)}))
