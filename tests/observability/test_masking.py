"""What a log may show."""

import pytest

from demijohn.observability.masking import mask_path, mask_query, mask_text

TOKEN = "Zk3_9fQx7Lr2mVbN8sTy4uWq-1aEcGhJ"


@pytest.mark.parametrize(
    ("path", "arguments", "shown"),
    [
        ("/orders/17", {"id": 17}, "/orders/17"),
        (f"/auth/reset/{TOKEN}", {"token": TOKEN}, "/auth/reset/***"),
        ("/auth/reset/short", {"token": "short"}, "/auth/reset/***"),
        (f"/nowhere/{TOKEN}", {}, "/nowhere/***"),
        ("/things/0b7e2c1e-5d0f-4a43-9e2a-111111111111", {}, "/things/0b7e2c1e-5d0f-4a43-9e2a-111111111111"),
        ("/static/app.3f2a9c0d1e4b5a697887.js", {}, "/static/app.3f2a9c0d1e4b5a697887.js"),
        ("/a-long-title-of-a-page-in-words", {}, "/a-long-title-of-a-page-in-words"),
        ("/a\nINFO forged", {}, "/a%0AINFO%20forged"),
        ("/größe", {}, "/gr%C3%B6%C3%9Fe"),
    ],
    ids=["id", "token", "short token", "token nowhere", "uuid", "file", "words", "line break", "umlaut"],
)
def test_paths_are_shown_without_tokens(path: str, arguments: dict[str, object], shown: str) -> None:
    assert mask_path(path, arguments) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("page=2&search=blue", "page=2&search=blue"),
        ("token=abc&page=2", "token=***&page=2"),
        ("Password=hunter2", "Password=***"),
        ("email=ada%40example.com", "email=***"),
        ("code=123456&state=xyz", "code=***&state=***"),
        (f"next=/auth/reset/{TOKEN}", "next=/auth/reset/***"),
        ("a=1%0AINFO+forged", "a=1%0AINFO%20forged"),
        ("csrf_token=", "csrf_token=***"),
        ("", ""),
    ],
)
def test_queries_are_shown_without_secrets(query: str, shown: str) -> None:
    assert mask_query(query) == shown


def test_a_long_address_is_cut() -> None:
    assert len(mask_path("/ab" * 5_000)) <= 1_000
    assert len(mask_query("&".join(f"a{n}=b" for n in range(5_000)))) <= 1_000


def test_passwords_in_database_addresses_are_masked() -> None:
    assert mask_text("cannot reach postgresql+psycopg://shop:s3cret@db/shop") == (
        "cannot reach postgresql+psycopg://shop:***@db/shop"
    )
