"""A file that was sent with a form that is not saved yet, named in the form: signed, for one person and one field."""

import base64
import binascii
import json
from datetime import timedelta
from typing import Any

from flask import current_app

from demijohn import clock
from demijohn.admin.access import person
from demijohn.admin.uploads.store import files_of
from demijohn.database.uploads import StoredFile
from demijohn.security.secrets import sign, verify

PURPOSE = "admin-upload"


def token_of(file: StoredFile, place: str) -> str:
    """What the form carries of an uploaded file; `place` is table and column."""
    until = clock.now() + timedelta(hours=files_of().keep_hours)
    said = json.dumps([file.as_json(), place, person_id(), until.timestamp()]).encode()
    return f"{base64.urlsafe_b64encode(said).decode()}.{sign(_app(), PURPOSE, said)}"


def file_of(token: str, place: str | None = None) -> StoredFile | None:
    """The file that a token names, if it was made for this person, for this place, and is kept still."""
    body, _, signature = token.partition(".")
    try:
        said = base64.urlsafe_b64decode(body.encode())
    except (binascii.Error, ValueError):
        return None
    if not verify(_app(), PURPOSE, said, signature):
        return None
    known, where, who, until = json.loads(said)
    if (place is not None and where != place) or who != person_id() or until < clock.now().timestamp():
        return None
    file = StoredFile(**json.loads(known))
    return file if files_of().notes.has("pending", file.key) else None


def person_id() -> Any:
    return getattr(person(), "id", None)


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]
