"""An application that many processes write to at once: one counter, raised by read-modify-write."""

import json
import sys
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask, Response
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import Model, Settings, create_app, db

OFF = ("migrations", "security", "sessions", "audit", "forms", "mail", "auth", "admin", "observability")


class Count(Model):
    __tablename__ = "counting_count"
    value: Mapped[int] = mapped_column(default=0)


def make(url: str, *, lock_wait_seconds: float = 20) -> Flask:
    settings = Settings(
        environment="testing",
        secret_key="a-key-for-tests-only-0123456789-abcdefghij",
        features=dict.fromkeys(OFF, False),
        database={"url": url, "lock_wait_seconds": lock_wait_seconds},
    )
    app = create_app("counting", settings, models=[Count])

    @app.post("/add")
    def add() -> str:
        count = db.session.scalars(sa.select(Count).where(Count.id == 1).with_for_update()).one()
        count.value += 1
        db.session.commit()
        return str(count.value)

    @app.post("/look-then-add")
    def look_then_add() -> str:
        seen = db.session.scalars(sa.select(Count.id)).all()
        db.session.add(Count(value=len(seen)))
        with db.session.begin_nested():
            db.session.execute(sa.update(Count).where(Count.id == 1).values(value=Count.value + 1))
        db.session.commit()
        return "added"

    @app.get("/")
    def value() -> str:
        return str(db.session.scalar(sa.select(Count.value).where(Count.id == 1)))

    @app.get("/stream")
    def stream() -> Response:
        def rows() -> Iterator[str]:
            with app.app_context():
                for count in db.session.scalars(sa.select(Count).execution_options(yield_per=10)):
                    yield f"{count.id}\n"

        return Response(rows(), mimetype="text/plain")

    @app.get("/broken")
    def broken() -> str:
        db.session.execute(sa.text("SELECT * FROM no_such_table"))
        return "never"

    return app


def work(url: str, path: str, threads: int, times: int) -> None:
    """Post `threads` x `times` requests and print how often each status came back."""
    app = make(url)

    def post(_: int) -> int:
        return app.test_client().post(path).status_code

    with ThreadPoolExecutor(threads) as pool:
        print(json.dumps(Tally(pool.map(post, range(threads * times)))))


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
