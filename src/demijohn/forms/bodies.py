"""Bodies in and out: JSON read as form fields, and problem+json for what is wrong with them."""

from typing import Any

from flask import Response, current_app
from werkzeug.datastructures import MultiDict


def flattened(body: dict[str, Any]) -> MultiDict[str, Any]:
    """A JSON object as the fields a browser would have sent.

    Numbers become their text, `true` becomes `y`, `false` and `null` are left out as by an unticked box; a list
    repeats its field (for a multiple choice) and numbers it (for a FieldList: `tags-0`), and objects inside use
    WTForms' names (`address-city`, `lines-0-amount`).
    """
    fields: MultiDict[str, Any] = MultiDict()
    for name, value in body.items():
        add_field(fields, name, value)
    return fields


def add_field(fields: MultiDict[str, Any], name: str, value: Any) -> None:
    if isinstance(value, dict):
        for inner, one in value.items():
            add_field(fields, f"{name}-{inner}", one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            add_field(fields, f"{name}-{index}", one)
            if not isinstance(one, dict | list):
                add_field(fields, name, one)
    elif value is True:
        fields.add(name, "y")
    elif value is not None and value is not False:
        fields.add(name, str(value))


def problem(errors: dict[str, Any]) -> Response:
    """422 with what is wrong at each field.

    Source:
        RFC 9457, "errors" as in its section 3 example.
    """
    body = {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "Some fields are not right.",
        "errors": errors,
    }
    return Response(current_app.json.dumps(body), 422, mimetype="application/problem+json")
