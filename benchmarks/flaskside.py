"""demijohn's and the hand-wired contestant: `python -m benchmarks.flaskside ours sqlite:////path/to/x.db 1000`."""

import importlib
import logging
import sys
from typing import Any

from benchmarks.contest import Browser, Works, serve, token_of
from benchmarks.worker import EMAIL, PASSWORD, fill


def prepared(which: str, url: str, rows: int) -> Any:
    """The application, with its tables, its user and its rows."""
    application = importlib.import_module(f"benchmarks.{which}")
    app = application.create_app(url)
    with app.app_context():
        application.db.create_all()
        application.add_user(EMAIL, PASSWORD)
        fill(application, rows)
        with application.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return app


def status_filter(app: Any) -> str:
    """The argument that filters orders by status."""
    view = next(v for v in app.extensions["admin"][0]._views if v.endpoint == "admin_order")
    with app.test_request_context():
        return next(
            f"flt0_{index}"
            for index, found in enumerate(view._filters)
            if str(found.name).lower() == "status" and str(found.operation()) == "equals"
        )


def paths(which: str, app: Any, rows: int) -> dict[str, str]:
    place = "/admin/order/"
    last = -1 if which == "ours" else rows // 25 - 1
    return {
        "list, first page": place,
        "list, last page": f"{place}?page={last}",
        "search": f"{place}?search=Customer+{rows // 10 - 3}",
        "filter": f"{place}?{status_filter(app)}=paid",
        "form GET": f"{place}edit/?id=7",
        "CSV": f"{place}export/csv/",
    }


def main(which: str, url: str, rows: int) -> None:
    logging.disable(logging.CRITICAL)
    app = prepared(which, url, rows)
    browser = Browser(app)
    _, page = browser.ask("/auth/login")
    fields = {"email": EMAIL, "password": PASSWORD, "csrf_token": token_of(page, "csrf_token")}
    assert browser.ask("/auth/login", fields)[0] in {302, 303}
    holds = {"search": f"Customer {rows // 10 - 3}", "list, first page": "Customer", "list, last page": "Customer"}
    serve(Works(browser, paths(which, app, rows), holds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
