"""Where delivered mail goes: what every backend offers, and the two that send nothing anywhere."""

from typing import Protocol

from flask import Flask

from demijohn.mail.rules import Answer


class UnreachableError(Exception):
    """The mail server could not be talked to; nothing is known to be refused, so it is tried again later."""


class Line(Protocol):
    """A way to hand over messages, open for as many as there are."""

    def send(self, sender: str, recipients: list[str], raw: bytes) -> dict[str, Answer]: ...

    def close(self) -> None: ...


class Backend(Protocol):
    """`delivers`: whether messages are taken from the outbox; `keeps_text`: whether they stay readable after that."""

    name: str
    delivers: bool
    keeps_text: bool

    def open(self) -> Line:
        """A line to hand messages over; raises UnreachableError."""


class AcceptingLine:
    """Takes everything."""

    def send(self, sender: str, recipients: list[str], raw: bytes) -> dict[str, Answer]:
        del sender, raw
        return dict.fromkeys(recipients, Answer("sent"))

    def close(self) -> None: ...


class ConsoleBackend:
    """Development: messages stay in the outbox for the inbox page; nothing leaves this machine."""

    name = "console"
    delivers = True
    keeps_text = True

    def open(self) -> Line:
        return AcceptingLine()


class MemoryBackend:
    """Tests: messages stay in the outbox as they are; `demijohn.mail.inbox.messages` reads them."""

    name = "memory"
    delivers = False
    keeps_text = True

    def open(self) -> Line:
        return AcceptingLine()


def chosen_name(app: Flask, environment: str, asked: str | None) -> str:
    """The backend that was asked for, else the one that suits the environment."""
    if asked is not None:
        return asked
    if environment == "testing":
        return "memory"
    return "console" if environment == "development" and not app.config.get("MAIL_SERVER") else "smtp"
