"""Takes due messages from the outbox one by one and sends each outside of any transaction."""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.mail.backends import Backend, Line, UnreachableError
from demijohn.mail.outbox import claim, give_back, has_work, settle, wipe
from demijohn.mail.rules import Answer, waiting
from demijohn.mail.sealing import opened
from demijohn.mail.settings import MailSettings

UNREADABLE = "the text cannot be decrypted: SECRET_KEY changed and the old one is not in SECRET_KEY_FALLBACKS"


@dataclass(kw_only=True)
class Tally:
    """What one round did, in messages."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    expired: int = 0
    unreachable: str = ""


def never() -> bool:
    return False


class Round:
    """One look at the outbox by one sender, who holds at most one message at a time."""

    def __init__(self, app: Flask, engine: sa.Engine, section: MailSettings, backend: Backend) -> None:
        self.app = app
        self.engine = engine
        self.section = section
        self.backend = backend
        self.who = secrets.token_hex(16)
        self.tally = Tally()

    def run(self, should_stop: Callable[[], bool] = never) -> Tally:
        """Send what is due until nothing is, the server cannot be reached, or `should_stop`."""
        with self.engine.connect() as connection:
            if not has_work(connection):
                return self.tally
        with self.engine.begin() as connection:
            self.tally.expired = wipe(connection)
        if self.backend.delivers and not should_stop():
            with contextlib.closing(LazyLine(self.backend)) as line:
                while not should_stop() and self.send_next(line):
                    pass
        return self.tally

    def send_next(self, line: "LazyLine") -> bool:
        """Send one message; whether to go on with the next."""
        with self.engine.begin() as connection:
            row = claim(connection, self.who, self.section)
        if row is None:
            return False
        goes_on = True
        try:
            answers = self.send(line, row)
        except UnreachableError as error:
            self.tally.unreachable = str(error)
            answers = dict.fromkeys(waiting(row.recipients), Answer("waiting", str(error)))
            goes_on = False
        self.settle(row, answers)
        return goes_on

    def send(self, line: Line, row: Any) -> dict[str, Answer]:
        to = waiting(row.recipients)
        raw = opened(self.app, row.body)
        if raw is None:
            return dict.fromkeys(to, Answer("failed", UNREADABLE))
        return line.send(row.sender, to, raw)

    def settle(self, row: Any, answers: dict[str, Answer]) -> None:
        with self.engine.begin() as connection:
            state = settle(connection, row, answers, self.section, keeps_text=self.backend.keeps_text)
        if state is None:
            self.app.logger.warning("mail %s: another process took it over while it was being sent", row.id)
            return
        self.count(row, state, answers)

    def count(self, row: Any, state: str, answers: dict[str, Answer]) -> None:
        said = "; ".join(dict.fromkeys(one.text for one in answers.values() if one.text))
        if state == "sent":
            self.tally.sent += 1
            if self.backend.name == "console":
                self.app.logger.info("mail %s %r: read it at /_dev/mail/%s/", row.id, row.subject, row.id)
        elif state == "waiting":
            self.tally.later += 1
            self.app.logger.warning("mail %s: not sent at try %s, tried again later (%s)", row.id, row.tries, said)
        else:
            self.tally.failed += 1
            self.app.logger.error("mail %s: failed, see `flask mail outbox` (%s)", row.id, said)

    def give_back(self) -> int:
        """Let others have what this sender still holds."""
        with self.engine.begin() as connection:
            return give_back(connection, self.who)


class LazyLine:
    """Opens the backend's line with the first message, and keeps it for the others."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.line: Line | None = None

    def send(self, sender: str, recipients: list[str], raw: bytes) -> dict[str, Answer]:
        if self.line is None:
            self.line = self.backend.open()
        return self.line.send(sender, recipients, raw)

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
