"""Answers to forms that can't be accepted: the page again with its errors, or problem+json for a program."""

import json
from typing import Any

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from demijohn.auth.forms import AccountForm
from demijohn.errorpages import wants_json
from demijohn.forms.wtf import texts


def form_again(template: str, form: AccountForm, status: int = 422, **context: Any) -> ResponseReturnValue:
    """The same page with what is wrong with the form; a program gets the status and the errors as problem+json.

    Args:
        status: what a program gets; a browser always gets 422.
    """
    if wants_json():
        return problem(
            status, errors=form.errors, detail=" ".join(map(str, form.form_errors)) or "The form has errors."
        )
    return render_template(template, form=form, **context), 422


def problem(status: int, *, detail: str, errors: Any, title: str = "Unprocessable") -> Response:
    """An RFC 9457 answer; `errors` has a list of texts for each field."""
    named = {field: texts(said) for field, said in errors.items() if field}
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": named}
    return Response(json.dumps(body), status, mimetype="application/problem+json")
