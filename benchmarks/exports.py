"""Time and memory of each kind of export, each in its own process: `python -m benchmarks.exports --rows 1000`."""

import argparse
import logging
import subprocess
import sys
import tempfile
import time

from benchmarks.__main__ import clean_environment
from benchmarks.contest import forget_peak, peak
from benchmarks.flaskside import prepared

from demijohn.admin.exports.formats import FORMATS


def measure(kind: str, rows: int) -> str:
    """Seconds, size of the file and growth of the process while it is made (MB)."""
    from flask_login import login_user
    from sqlalchemy import select

    from demijohn import db
    from demijohn.admin.exports.rows import rows_of
    from demijohn.auth.models import user_class

    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        app = prepared("ours", f"sqlite:///{folder}/bench.db", rows)
        view = next(v for v in app.extensions["admin"][0].model_views() if v.table == "order")
        with app.test_request_context("/admin/order/export/"):
            login_user(db.session.scalars(select(user_class())).first())
            view.build()
            plan = view.export_plan([])
            before, began, size = forget_peak(), time.perf_counter(), 0
            for chunk in FORMATS[kind].chunks(plan.names, plan.titles, rows_of(view, plan.query, plan.names)):
                size += len(chunk)
            seconds, grown = time.perf_counter() - began, peak() - before
    return f"| {kind} | {rows:,} | {seconds:.2f} | {size / 1_048_576:.1f} | {grown:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--only", nargs=2, metavar=("KIND", "ROWS"))
    given = parser.parse_args()
    if given.only:
        print(measure(given.only[0], int(given.only[1])))
        return
    print("| kind | rows | s | file, MB | growth of the process, MB |\n| --- | --- | --- | --- | --- |")
    for kind in FORMATS:
        for rows in given.rows:
            command = [sys.executable, "-m", "benchmarks.exports", "--only", kind, str(rows)]
            subprocess.run(command, check=True, env=clean_environment())


if __name__ == "__main__":
    main()
