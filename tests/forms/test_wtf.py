"""Forms over HTTP: pages, JSON, errors, and being sent twice."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, flash, redirect, render_template_string
from flask.testing import FlaskClient
from wtforms import BooleanField, FieldList, FileField, FormField, IntegerField, StringField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length

from demijohn import clock, db
from demijohn.forms import pruning
from demijohn.forms.models import FormSubmission
from demijohn.forms.wtf import Form

MakeApp = Callable[..., Flask]
PAGE = '{% from "demijohn/macros.html" import form as whole %}{{ whole(form, "Send") }}'


class Line(PlainForm):
    amount = IntegerField("Amount")


class NoteForm(Form):
    title = StringField("Title", [InputRequired(), Length(max=20)])
    urgent = BooleanField("Urgent")
    tags = FieldList(StringField("Tag"))
    lines = FieldList(FormField(Line))
    scan = FileField("Scan")


class SearchForm(Form):
    once = False
    title = StringField("Title")


class Notes:
    """An application that keeps notes in a list, so that a test can count what was carried out."""

    def __init__(self, app: Flask, folder: Any) -> None:
        self.app = app
        self.kept: list[dict[str, Any]] = []
        self.slow = threading.Event()
        self.slow.set()
        (folder / "templates").mkdir()
        (folder / "templates" / "note.html").write_text(PAGE)
        app.template_folder = str(folder / "templates")
        app.add_url_rule("/note", view_func=self.note, methods=["GET", "POST"])
        app.add_url_rule("/quick", view_func=self.quick, methods=["GET", "POST"])
        app.add_url_rule("/search", view_func=self.search, methods=["GET", "POST"])
        app.add_url_rule("/broken", view_func=self.broken, methods=["GET", "POST"])

    def note(self) -> Any:
        form = NoteForm.from_request()
        if form.validate_on_submit():
            self.slow.wait(10)
            self.kept.append(form.data)
            flash("Kept.", "success")
            return redirect(f"/note/{len(self.kept)}")
        return form.invalid("note.html") if form.is_submitted() else render_template_string(PAGE, form=form)

    def quick(self) -> Any:
        form = NoteForm.from_request()
        if form.validate_on_submit():
            self.kept.append(form.data)
            return "kept"
        return render_template_string(PAGE, form=form)

    def search(self) -> Any:
        form = SearchForm()
        if form.validate_on_submit():
            self.kept.append(form.data)
        return render_template_string(PAGE, form=form)

    def broken(self) -> Any:
        form = NoteForm()
        if form.validate_on_submit():
            self.kept.append(form.data)
            raise RuntimeError("broken")
        return render_template_string(PAGE, form=form)


@pytest.fixture
def notes(make_app: MakeApp, tmp_path: Any) -> Notes:
    return Notes(make_app(), tmp_path)


def open_page(client: FlaskClient, path: str = "/note") -> dict[str, str]:
    page = client.get(path)
    names = re.findall(r"<input[^>]*hidden[^>]*>", page.text)
    pairs = [(re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in names]
    return {name[1]: value[1] for name, value in pairs if name and value}


def test_a_form_sent_right_is_carried_out(notes: Notes) -> None:
    client = notes.app.test_client()

    answer = client.post("/note", data={**open_page(client), "title": "one"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/note/1")
    assert notes.kept[0]["title"] == "one"


def test_a_form_sent_wrong_comes_back_with_422_and_its_errors(notes: Notes) -> None:
    client = notes.app.test_client()

    answer = client.post("/note", data={**open_page(client), "title": "x" * 21})

    assert answer.status_code == 422
    assert 'href="#title"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "x" * 21 in answer.text
    assert notes.kept == []


def test_a_form_corrected_after_422_is_carried_out(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = open_page(client)
    client.post("/note", data={**fields, "title": ""})

    answer = client.post("/note", data={**fields, "title": "right"})

    assert answer.status_code == 302
    assert len(notes.kept) == 1


def test_json_fills_the_same_form(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = open_page(client)
    body = {"title": "one", "urgent": True, "tags": ["a", "b"], "lines": [{"amount": 3}, {"amount": 4}]}

    answer = client.post("/note", json=body, headers={"X-CSRFToken": fields["csrf_token"]})

    assert answer.status_code == 302
    kept = notes.kept[0]
    assert (kept["title"], kept["urgent"], kept["tags"]) == ("one", True, ["a", "b"])
    assert kept["lines"] == [{"amount": 3}, {"amount": 4}]


def test_json_that_is_wrong_is_told_so_field_by_field(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = open_page(client)
    body = {"title": "x" * 21, "urgent": False, "lines": [{"amount": "many"}]}

    answer = client.post("/note", json=body, headers={"X-CSRFToken": fields["csrf_token"]})

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json is not None
    assert answer.json["errors"]["title"] == ["Field cannot be longer than 20 characters."]
    assert "amount" in str(answer.json["errors"]["lines"])


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"{", b""])
def test_json_that_is_no_object_is_400(notes: Notes, body: bytes) -> None:
    client = notes.app.test_client()
    headers = {"X-CSRFToken": open_page(client)["csrf_token"], "Content-Type": "application/json"}

    assert client.post("/note", data=body, headers=headers).status_code == 400


def test_json_without_a_token_is_refused(notes: Notes) -> None:
    assert notes.app.test_client().post("/note", json={"title": "one"}).status_code == 400
    assert notes.kept == []


def test_a_form_sent_twice_is_carried_out_once_and_answered_alike(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}

    first, second = client.post("/note", data=fields), client.post("/note", data=fields)

    assert (second.status_code, second.headers["Location"]) == (first.status_code, first.headers["Location"])
    assert len(notes.kept) == 1


def test_a_form_without_a_redirect_sent_twice_gets_a_page_that_says_so(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client, "/quick"), "title": "one"}
    client.post("/quick", data=fields)

    second = client.post("/quick", data=fields)

    assert second.status_code == 409
    assert "carried out once" in second.text
    assert len(notes.kept) == 1


@pytest.mark.parametrize("change", [{"title": "two"}, {"urgent": "y"}, {"submission_id": "another page"}])
def test_going_back_and_changing_something_is_a_new_sending(notes: Notes, change: dict[str, str]) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}
    client.post("/note", data=fields)

    client.post("/note", data={**fields, **change})

    assert len(notes.kept) == 2


@pytest.mark.parametrize(("second", "carried_out"), [(b"same", 1), (b"else", 2)])
def test_an_uploaded_file_counts_by_its_content(notes: Notes, second: bytes, carried_out: int) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}

    for content in (b"same", second):
        client.post("/note", data={**fields, "scan": (BytesIO(content), "scan.txt")})

    assert len(notes.kept) == carried_out


def test_opening_the_page_again_and_sending_the_same_is_a_new_sending(notes: Notes) -> None:
    client = notes.app.test_client()

    for _ in range(2):
        client.post("/note", data={**open_page(client), "title": "one"})

    assert len(notes.kept) == 2


def test_somebody_else_with_the_same_id_is_not_held_back(notes: Notes) -> None:
    one, other = notes.app.test_client(), notes.app.test_client()
    fields = {**open_page(one), "title": "one"}
    one.post("/note", data=fields)

    theirs = {**open_page(other), "title": "one", "submission_id": fields["submission_id"]}

    assert other.post("/note", data=theirs).status_code == 302
    assert len(notes.kept) == 2


def test_after_the_time_of_the_guard_the_same_sending_is_new(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}
    client.post("/note", data=fields)

    monkeypatch.setattr(clock, "shift", timedelta(seconds=601))
    client.post("/note", data=fields)

    assert len(notes.kept) == 2


def test_a_form_that_failed_may_be_sent_again(notes: Notes) -> None:
    notes.app.config["PROPAGATE_EXCEPTIONS"] = False
    client = notes.app.test_client()
    fields = {**open_page(client, "/broken"), "title": "one"}

    answers = [client.post("/broken", data=fields).status_code for _ in range(2)]

    assert answers == [500, 500]
    assert len(notes.kept) == 2


def test_a_form_that_failed_under_a_debugger_may_be_sent_again(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client, "/broken"), "title": "one"}

    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            client.post("/broken", data=fields)

    assert len(notes.kept) == 2


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "memory"])
def test_eight_at_once_are_carried_out_once(
    where: str, make_app: MakeApp, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    options: dict[str, Any] = {}
    if where == "postgresql":
        options = {"database": {"url": request.getfixturevalue("postgres_url")}}
    if where == "memory":
        options = {"features": {"database": False}}
    notes = Notes(make_app("bare", **options), tmp_path)
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}
    cookie = client.get_cookie(notes.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    start, answers = threading.Barrier(8), []

    def send() -> None:
        own = notes.app.test_client()
        own.set_cookie(cookie.key, cookie.value)
        start.wait()
        answers.append(own.post("/note", data=fields).headers.get("Location"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(notes.kept) == 1
    assert answers == ["/note/1"] * 8


def test_a_second_sending_while_the_first_runs_is_told_to_wait(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}
    cookie = client.get_cookie(notes.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    notes.slow.clear()
    first = threading.Thread(target=lambda: client.post("/note", data=fields))
    first.start()
    other = notes.app.test_client()
    other.set_cookie(cookie.key, cookie.value)

    while not rows(notes.app):
        pass
    second = other.post("/note", data=fields)
    notes.slow.set()
    first.join()

    assert second.status_code == 409
    assert "still being worked on" in second.text
    assert len(notes.kept) == 1


def rows(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(FormSubmission)) or 0


def test_a_stranger_opening_a_form_or_sending_it_wrong_writes_no_row(notes: Notes) -> None:
    client = notes.app.test_client()
    client.post("/note", data={**open_page(client), "title": ""})

    with notes.app.app_context():
        counts = {
            table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.sorted_tables
            if sa.inspect(db.engine).has_table(table.name)
        }
    assert set(counts.values()) == {0}, counts


def test_a_form_that_opts_out_carries_no_id_and_may_be_sent_twice(notes: Notes) -> None:
    client = notes.app.test_client()
    fields = open_page(client, "/search")
    for _ in range(2):
        client.post("/search", data={**fields, "title": "one"})

    assert set(fields) == {"csrf_token"}
    assert len(notes.kept) == 2


def test_with_the_guard_set_to_nothing_every_sending_counts(make_app: MakeApp, tmp_path: Any) -> None:
    notes = Notes(make_app(forms={"once_seconds": 0}), tmp_path)
    client = notes.app.test_client()
    fields = {**open_page(client), "title": "one"}

    for _ in range(2):
        client.post("/note", data=fields)

    assert len(notes.kept) == 2


def test_the_guard_leaves_no_trace_in_the_forms_data(notes: Notes) -> None:
    client = notes.app.test_client()
    client.post("/note", data={**open_page(client), "title": "one"})

    assert set(notes.kept[0]) == {"title", "urgent", "tags", "lines", "scan", "csrf_token"}


def test_rows_whose_time_is_over_are_deleted(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    client = notes.app.test_client()
    for title in ("one", "two"):
        client.post("/note", data={**open_page(client), "title": title})
    assert rows(notes.app) == 2

    monkeypatch.setattr(clock, "shift", timedelta(seconds=601))
    client.post("/note", data={**open_page(client), "title": "three"})

    with notes.app.app_context():
        assert (pruning.over(notes.app), pruning.prune(notes.app)) == (2, 2)
    assert rows(notes.app) == 1
