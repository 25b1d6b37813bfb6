"""What the account tests read of the mail sent, and of the work done."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import Visitor

from demijohn import db
from demijohn.mail.inbox import messages

T = TypeVar("T")


def newest_mail(app: Flask, to: str) -> Any:
    with app.app_context():
        return messages(app, to=to)[-1]


def mails_to(app: Flask, to: str) -> int:
    with app.app_context():
        return len(messages(app, to=to))


def mailed_path(app: Flask, to: str, under: str) -> str:
    """The path of the link, below this one, in the newest mail to somebody."""
    text = newest_mail(app, to).text
    found = re.search(rf"http://localhost({re.escape(under)}\S+)", text)
    assert found, text
    return found[1]


@contextmanager
def statements_of(app: Flask) -> Iterator[list[tuple[str, str]]]:
    """Collects verb and table of each statement on the application's database."""
    seen: list[tuple[str, str]] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        table = re.search(r'(?:FROM|INTO|UPDATE)\s+"?(\w+)', statement)
        seen.append((statement.split(None, 1)[0], table[1] if table else ""))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def all_at_once(runners: list[Callable[[], T]]) -> list[T]:
    """Starts them at the same moment, each in a thread of its own; their results in order."""
    start = Barrier(len(runners))

    def run(runner: Callable[[], T]) -> T:
        start.wait()
        return runner()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))


def same_page(html: str, *typed: str) -> str:
    """A page without what differs by nature: tokens, and what was typed."""
    for text in typed:
        html = html.replace(text, "")
    return re.sub(r'(value|nonce)="[^"]*"', "", html)


def opened(app: Flask, link: str) -> Visitor:
    """A fresh browser that has followed a mailed link."""
    visitor = Visitor(app)
    answer = visitor.get(link)
    assert answer.status_code == 302, answer.text
    return visitor
