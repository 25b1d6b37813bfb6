"""Too much, too deep and malformed bodies: 413 or 400, never 500."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request

from demijohn.security.limits import is_deeper_than

MakeApp = Callable[..., Flask]
MIB = 1_048_576


def add_views(app: Flask) -> Flask:
    app.config.update(PROPAGATE_EXCEPTIONS=False, WTF_CSRF_CHECK_DEFAULT=False)

    @app.post("/json")
    def read_json() -> dict[str, Any]:
        return {"read": request.get_json() is not None}

    @app.post("/forced")
    def read_forced() -> dict[str, Any]:
        return {"read": request.get_json(force=True) is not None}

    @app.post("/form")
    def read_form() -> dict[str, Any]:
        return {"fields": len(list(request.form.items(multi=True))), "files": len(request.files)}

    @app.post("/raw")
    def read_raw() -> dict[str, Any]:
        return {"bytes": len(request.get_data())}

    return app


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return add_views(make_app("bare", features={"database": False}))


def post(app: Flask, path: str, body: bytes, kind: str, *, chunked: bool = False) -> Any:
    environ: dict[str, Any] = {}
    if chunked:  # as gunicorn passes a chunked body, and servers of HTTP/2 one without a length
        environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    return app.test_client().post(path, data=body, content_type=kind, environ_overrides=environ)


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * levels + closing * levels


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(MIB, 200), (MIB + 1, 413), (16 * MIB, 413)])
def test_json_is_at_most_a_mebibyte(app: Flask, size: int, status: int, chunked: bool) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'

    assert post(app, "/json", body, "application/json", chunked=chunked).status_code == status


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.api+json", "application/json; charset=utf-16"])
@pytest.mark.parametrize(("levels", "status"), [(64, 200), (65, 400), (1000, 400), (100_000, 400), (500_000, 400)])
def test_json_is_at_most_64_levels_deep(app: Flask, kind: str, levels: int, status: int) -> None:
    assert post(app, "/json", nested(levels), kind).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'[{"a":' * 40 + b"1" + b"}]" * 40,
        b"[" * 70,
        b'["\\"]",' * 70 + b"1" + b"]" * 70,
        ("[" * 70 + "]" * 70).encode("utf-16"),
        ("[" * 70 + "]" * 70).encode("utf-32"),
        b"\xef\xbb\xbf" + nested(70),
    ],
    ids=["objects", "mixed", "never closed", "strings between", "utf-16", "utf-32", "byte order mark"],
)
def test_no_way_round_the_depth(app: Flask, body: bytes) -> None:
    assert post(app, "/json", body, "application/json").status_code == 400


@pytest.mark.parametrize("path", ["/json", "/forced"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"\xff\xfe",
        b'{"a": "\xff"}',
        b"\x00",
        b'"\\ud800',
        b'{"a" 1}',
        b"[1,]",
        b"'a'",
        nested(100_000),
        b'{"a":' * 100_000,
        b'"' + b'\\"' * 200_000,
        b"9" * 5000,
    ],
    ids=[str(number) for number in range(14)],
)
def test_malformed_json_is_400(app: Flask, path: str, body: bytes) -> None:
    assert post(app, path, body, "application/json").status_code == 400


@pytest.mark.parametrize("body", [nested(200_000), b'{"a":' * 50_000])
def test_json_under_another_name_is_400_and_never_500(app: Flask, body: bytes) -> None:
    assert post(app, "/forced", body, "text/plain").status_code == 400


@pytest.mark.parametrize(
    "body", [b"NaN", b'{"a": Infinity}', b'{"a": 1, "a": 2}', b"1e999", b'"\\ud800"', b"-0", b"\x00[\x00]"]
)
def test_odd_json_is_never_a_500(app: Flask, body: bytes) -> None:
    assert post(app, "/json", body, "application/json").status_code in {200, 400}


def test_brackets_in_strings_are_no_levels() -> None:
    assert not is_deeper_than(json.dumps(["[" * 500, '"[[' * 500, "\\" * 99 + "[" * 99]), 64)
    assert is_deeper_than("[" * 64 + '{"a":"]]]]"}' + "]" * 64, 64)


def test_looking_for_the_depth_takes_time_in_proportion() -> None:
    hard = ["[" * 65 + '"' + '\\"' * 500_000, "[" * 64 + '["' + "\\" * 900_000, '[""' * 250_000, "[]" * 500_000]

    began = time.process_time()
    for text in hard:
        is_deeper_than(text, 64)

    assert time.process_time() - began < 5


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("fields", "status"), [(1000, 200), (1001, 413), (200_000, 413)])
def test_a_form_has_at_most_a_thousand_fields(app: Flask, fields: int, status: int, chunked: bool) -> None:
    body = b"&".join([b"a=1"] * fields)

    answer = post(app, "/form", body, "application/x-www-form-urlencoded", chunked=chunked)

    assert answer.status_code == status
    if status == 200:
        assert answer.json["fields"] == 1000


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_is_at_most_a_mebibyte(app: Flask, chunked: bool) -> None:
    kind = "application/x-www-form-urlencoded"

    assert post(app, "/form", b"a=" + b"x" * (MIB - 2), kind, chunked=chunked).status_code == 200
    assert post(app, "/form", b"a=" + b"x" * MIB, kind, chunked=chunked).status_code == 413


def parts(count: int, size: int = 1) -> bytes:
    one = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * size + b"\r\n"
    return one * count + b"--b--\r\n"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("count", "size", "status"), [(1000, 1, 200), (1001, 1, 413), (1, MIB, 200), (1, MIB + 1, 413)]
)
def test_a_form_in_parts_has_limits_too(app: Flask, count: int, size: int, status: int, chunked: bool) -> None:
    assert (
        post(app, "/form", parts(count, size), "multipart/form-data; boundary=b", chunked=chunked).status_code == status
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"--b", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="a"', "multipart/form-data; boundary=b"),
        (b"--b\r\nX: y\r\n\r\nz\r\n--b--", "multipart/form-data; boundary=b"),
        (b"x" * 100_000, "multipart/form-data; boundary=b"),
        (parts(3), "multipart/form-data; boundary=\xe9"),
        (parts(3), "multipart/form-data; boundary=" + "b" * 500),
        (b"%", "application/x-www-form-urlencoded"),
        (b"\xff\xfe=%ff%fe&%00=%00", "application/x-www-form-urlencoded"),
        (b"=&=&&&", "application/x-www-form-urlencoded; charset=nonsense"),
    ],
)
def test_malformed_forms_are_never_a_500(app: Flask, body: bytes, kind: str) -> None:
    assert post(app, "/form", body, kind).status_code in {200, 400, 413}


@pytest.mark.parametrize("chunked", [False, True])
def test_any_body_is_at_most_16_mebibytes(app: Flask, chunked: bool) -> None:
    kind = "application/octet-stream"

    assert post(app, "/raw", b"x" * (16 * MIB), kind, chunked=chunked).json == {"bytes": 16 * MIB}
    assert post(app, "/raw", b"x" * (16 * MIB + 1), kind, chunked=chunked).status_code == 413


def test_a_stream_without_length_or_end_is_not_read(app: Flask) -> None:
    endless = {"wsgi.input": io.BufferedReader(Endless()), "CONTENT_LENGTH": ""}

    answer = app.test_client().post("/raw", content_type="application/octet-stream", environ_overrides=endless)

    assert answer.json == {"bytes": 0}


class Endless(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def test_an_upload_is_not_held_to_the_limits_of_fields(app: Flask) -> None:
    body = parts(1, 3 * MIB).replace(b'name="a"', b'name="scan"; filename="scan.bin"')

    assert post(app, "/form", body, "multipart/form-data; boundary=b").json == {"fields": 0, "files": 1}


def test_the_limits_are_settings(make_app: MakeApp) -> None:
    limits = {
        "body_max_bytes": 4096,
        "json_max_bytes": 1024,
        "json_max_depth": 2,
        "form_max_fields": 3,
        "form_max_parts": 2,
    }
    app = add_views(make_app("bare", features={"database": False}, security=limits))

    answers = [
        post(app, "/raw", b"x" * 4097, "application/octet-stream"),
        post(app, "/json", b'"' + b"x" * 1024 + b'"', "application/json"),
        post(app, "/json", b"[[[]]]", "application/json"),
        post(app, "/form", b"a&b&c&d", "application/x-www-form-urlencoded"),
        post(app, "/form", parts(3), "multipart/form-data; boundary=b"),
    ]
    assert [answer.status_code for answer in answers] == [413, 413, 400, 413, 413]


def test_programs_are_told_in_their_own_form(app: Flask) -> None:
    answer = post(app, "/json", nested(65), "application/json")

    assert answer.mimetype == "application/problem+json"
    assert "64 levels" in answer.json["detail"]
