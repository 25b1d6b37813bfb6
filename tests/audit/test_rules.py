"""How values appear in the log."""

import datetime as dt
import uuid
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from demijohn.audit.rules import is_secret_name, readable


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "password_hash",
        "api_key",
        "apiKey",
        "resetToken",
        "token_digest",
        "client_secret",
        "security_stamp",
        "userpassword",
        "authtokens",
        "pin_hashed",
    ],
)
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["email", "key", "keyboard", "monkey", "sort_key", "author", "total", "hashtag"])
def test_names_that_only_look_alike_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_a_project_can_name_more() -> None:
    assert is_secret_name("customer_iban", ["IBAN"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12345678901234567.8900"), "12345678901234567.8900"),
        (dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "2026-01-02T03:04:00+00:00"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(hours=1), "1:00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (2**60, "1152921504606846976"),
        (float("nan"), "nan"),
        (b"abc", "3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (7, 7),
        (1.5, 1.5),
        (True, True),
        (None, None),
        pytest.param({"b", "a"}, ["a", "b"], id="a set"),
        ([{"pin": 1}, {"n": Decimal("1.10")}], [{"pin": "(secret)"}, {"n": "1.10"}]),
    ],
    ids=str,
)
def test_values_are_written_so_that_nothing_is_lost(value: Any, text: Any) -> None:
    assert readable(value, longest=500) == text


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert readable("x" * 30, longest=20) == "x" * 20 + "… (30 characters)"
