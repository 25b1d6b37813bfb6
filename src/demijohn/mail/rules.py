"""Rules of addresses, subjects and tries: pure functions over plain values.

Imports neither Flask nor the database.
"""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Literal

LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
LOOKS_SECRET = re.compile(r"[A-Za-z0-9_\-.~+/=]{24,}")
LONGEST_WAIT = timedelta(hours=1)

Delivered = Literal["waiting", "sent", "failed"]
RowState = Literal["waiting", "sent", "failed", "expired"]
Recipient = dict[str, str]
"""`{"address": …, "state": waiting | sent | failed, "answer": …}`, as kept in the row."""


@dataclass(frozen=True)
class Answer:
    """What the server said about one recipient."""

    state: Delivered
    text: str = ""


def address_of(given: str | tuple[str, str]) -> Address:
    """A checked address with its display name; an international domain in its ASCII form.

    Args:
        given: `ada@example.com`, `Ada <ada@example.com>` or `("Ada", "ada@example.com")`.

    Raises:
        ValueError: not an address mail can be sent to, or one that would start another header.
    """
    whole = given if isinstance(given, str) else " ".join(given)
    name, address = parseaddr(given) if isinstance(given, str) else given
    if CONTROL.search(whole) or (isinstance(given, str) and bare(given) != address):
        raise ValueError(f"{given!r} is not a mail address.")
    local, _, domain = address.rpartition("@")
    ascii_domain = in_ascii(domain)
    labels = ascii_domain.split(".")
    well_formed = LOCAL.fullmatch(local) and not re.search(r"^\.|\.\.|\.$", local)
    if not well_formed or len(ascii_domain) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{given!r} is not a mail address.")
    return Address(display_name=name, username=local, domain=ascii_domain)


def bare(given: str) -> str:
    """What stands in the angle brackets, or the whole: `parseaddr` alone would drop what it does not understand."""
    match = re.fullmatch(r'\s*(?:"(?:[^"\\]|\\.)*"|[^<>"]*)\s*<([^<>]*)>\s*', given)
    return match[1] if match else given.strip()


def in_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def checked_line(text: str, what: str) -> str:
    """One line of a header.

    Raises:
        ValueError: a line break or control character, by which text from a form could add headers.
    """
    if CONTROL.search(text):
        raise ValueError(f"the {what} must be one line of text without control characters.")
    return text


def masked(text: str) -> str:
    """The text without what may be a token: any run of 24 characters or more as tokens and keys are made of."""
    return LOOKS_SECRET.sub("…", text)


def short_answer(text: str) -> str:
    return masked(" ".join(text.split()))[:200]


def wait_after(tries: int, first: timedelta) -> timedelta:
    """How long to wait after this many tries (at least 1): doubling up to an hour, give or take a quarter.

    The share of chance keeps many messages from coming back at the same moment.
    """
    doubled: timedelta = first * 2 ** min(tries - 1, 20)
    return min(doubled, LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def after_answers(
    recipients: Sequence[Recipient], answers: Mapping[str, Answer], *, is_last_try: bool
) -> tuple[list[Recipient], RowState]:
    """The recipients with what was answered, and the message's state.

    A message waits while anybody waits, unless this was the last try; it failed if anybody was refused for good.
    """
    noted = [noted_recipient(one, answers.get(one["address"]), is_last_try=is_last_try) for one in recipients]
    states = {one["state"] for one in noted}
    state: RowState = "waiting" if "waiting" in states else "failed" if "failed" in states else "sent"
    return noted, state


def noted_recipient(recipient: Recipient, answer: Answer | None, *, is_last_try: bool) -> Recipient:
    if recipient["state"] != "waiting":
        return recipient
    state = answer.state if answer else "waiting"
    if state == "waiting" and is_last_try:
        state = "failed"
    return {**recipient, "state": state, "answer": answer.text if answer else recipient["answer"]}


def waiting(recipients: Iterable[Recipient]) -> list[str]:
    return [one["address"] for one in recipients if one["state"] == "waiting"]
