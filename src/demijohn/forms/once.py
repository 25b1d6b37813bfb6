"""The double-submit guard: a form sent again unchanged gets the first answer instead of being carried out again.

The page holds a random id. The first valid sending claims it, together with what was sent and by whom; the answer is
noted beside it. So going back and changing something is a new sending, and so is a page opened anew.
"""

import hashlib
import hmac
import secrets
import time

from flask import Flask, Response, abort, current_app, g, redirect, request, session

from demijohn import clock
from demijohn.forms.backends.base import Answer, Submissions
from demijohn.forms.settings import FormsSettings
from demijohn.security.secrets import derive_key
from demijohn.state import state_of

NAME = "demijohn.forms"
FIELD = "submission_id"
UNSENT = (FIELD, "csrf_token")
RUNNING_SECONDS = 60
"""How long a sending that never ended (a killed process) keeps its claim."""
WAIT_SECONDS = 3.0
"""How long a second sending waits for the answer to the first."""
ALREADY_SENT = "This form was sent already. It was carried out once; nothing was done twice."
STILL_RUNNING = "This form was sent already and is still being worked on. Wait a moment, then look at the result."


def install_guard(app: Flask, section: FormsSettings) -> None:
    app.extensions[NAME] = section, chosen_store(app)
    app.after_request(note_answer)
    app.teardown_request(forget_unanswered)


def chosen_store(app: Flask) -> Submissions:
    """The table that every process shares, or memory where there is no database."""
    if not state_of(app).has("database"):
        from demijohn.forms.backends.memory import MemorySubmissions

        return MemorySubmissions()
    from demijohn.forms.backends.table import TableSubmissions

    return TableSubmissions(app)


def new_submission_id() -> str:
    return secrets.token_urlsafe(16)


def claim_submission(form: str) -> None:
    """Claim this sending for this request; if it was claimed before, end the request with what became of it."""
    section, store = store_of(current_app)
    sent_id = request.form.get(FIELD, "")
    if not sent_id or not section.once_seconds or g.get("_submission"):
        return
    digest = digest_of_sending(form, sent_id)
    if store.claim(digest, now_s(), RUNNING_SECONDS):
        g._submission = digest
        return
    answer_again(wait_for_answer(store, digest))


def wait_for_answer(store: Submissions, digest: str) -> Answer | None:
    """What became of the first sending; None if it is still running after a while, or ended without a trace."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        answer = store.answer_to(digest)
        if answer is not None or time.monotonic() > until:
            return answer
        time.sleep(0.1)


def answer_again(answer: Answer | None) -> None:
    if answer is None:
        abort(409, STILL_RUNNING)
    if answer.location is None:
        abort(409, ALREADY_SENT)
    abort(redirect(answer.location, answer.status))


def note_answer(response: Response) -> Response:
    """Keep where a sending led; one that failed may be sent again."""
    digest = g.pop("_submission", None)
    if digest is not None:
        section, store = store_of(current_app)
        if response.status_code < 400:
            answer = Answer(status=response.status_code, location=response.headers.get("Location"))
            store.note(digest, answer, now_s() + section.once_seconds)
        else:
            store.forget(digest)
    return response


def forget_unanswered(error: BaseException | None) -> None:
    """Let a form be sent again whose first sending ended without any answer, as under a debugger."""
    del error
    digest = g.pop("_submission", None)
    if digest is not None:
        store_of(current_app)[1].forget(digest)


def digest_of_sending(form: str, sent_id: str) -> str:
    """Who sent what: the session's secret, the form, its id, and every field and file."""
    sender = hmac.new(derive_key(current_app, "forms.once"), str(session.get("csrf_token", "")).encode(), "sha256")
    for part in (form, request.path, sent_id):
        add(sender, part.encode(errors="replace"))
    for name, value in request.form.items(multi=True):
        if name not in UNSENT:
            add(sender, name.encode(errors="replace"))
            add(sender, value.encode(errors="replace"))
    for name, file in request.files.items(multi=True):
        add(sender, name.encode(errors="replace"))
        add(sender, hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
        file.stream.seek(0)
    return sender.hexdigest()


def add(digest: hmac.HMAC, part: bytes) -> None:
    digest.update(len(part).to_bytes(8) + part)


def store_of(app: Flask) -> tuple[FormsSettings, Submissions]:
    found: tuple[FormsSettings, Submissions] = app.extensions[NAME]
    return found


def now_s() -> int:
    return int(clock.now().timestamp())
