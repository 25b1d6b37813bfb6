"""The markup of our macros: labels, help and errors tied to their inputs, and page links that keep the query."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_sqlalchemy.pagination import Pagination
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired

from demijohn.forms.wtf import Form

MakeApp = Callable[..., Flask]


class Everything(Form):
    email = EmailField("E-mail", [InputRequired()], description="We write to it once.")
    password = PasswordField("Password")
    agree = BooleanField("I agree", [InputRequired()])
    size = RadioField("Size", choices=["Small", "Large"])
    colour = SelectField("Colour", choices=["Red"])
    token = HiddenField()
    note = StringField("<Note>")


class WithFile(Form):
    scan = FileField("Scan")


class Numbers(Pagination):
    def _query_items(self) -> list[Any]:
        return list(range(20))

    def _query_count(self) -> int:
        return 200


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


def render(app: Flask, source: str, path: str = "/", **context: Any) -> str:
    source = '{% from "demijohn/macros.html" import field, form, flashes, pagination %}' + source
    with app.test_request_context(path):
        make = context.pop("make", None)
        if make:
            context["f"] = make()
            if context.pop("check", False):
                context["f"].validate()
        return " ".join(render_template_string(source, **context).split())


def test_a_label_belongs_to_its_input_and_help_describes_it(app: Flask) -> None:
    page = render(app, '{{ field(f.email, autocomplete="username") }}', make=Everything)

    assert '<label class="field-label" for="email">E-mail' in page
    assert 'aria-describedby="email-help"' in page
    assert 'id="email-help">We write to it once.' in page
    assert 'autocomplete="username"' in page
    assert 'type="email"' in page
    assert "required" in page
    assert "aria-invalid" not in page


def test_an_error_is_marked_and_described_beside_the_help(app: Flask) -> None:
    page = render(app, "{{ field(f.email) }}", make=Everything, check=True)

    assert 'aria-describedby="email-help email-error"' in page
    assert 'aria-invalid="true"' in page
    assert '<ul class="field-error errors" id="email-error"> <li>This field is required.</li>' in page


def test_a_tick_comes_before_its_words(app: Flask) -> None:
    page = render(app, "{{ field(f.agree) }}", make=Everything)

    assert page.index('type="checkbox"') < page.index("I agree")


def test_choices_are_a_group_with_a_legend(app: Flask) -> None:
    page = render(app, "{{ field(f.size) }}", make=Everything)

    assert '<legend class="field-label">Size' in page
    assert page.count('type="radio"') == 2
    assert 'id="size-0"' in page


def test_text_in_labels_is_escaped(app: Flask) -> None:
    assert "&lt;Note&gt;" in render(app, "{{ field(f.note) }}", make=Everything)


def test_a_whole_form_holds_its_token_its_fields_and_one_button(app: Flask) -> None:
    page = render(app, '{{ form(f, "Send", id="everything") }}', make=Everything)

    assert page.startswith('<form method="post" id="everything">')
    assert page.count('name="csrf_token"') == 1
    assert page.count('name="token"') == 1
    assert page.count('name="submission_id"') == 1
    assert '<button class="button button-primary">Send</button>' in page
    assert "error-summary" not in page


def test_the_summary_of_errors_links_to_each_field_and_takes_the_focus(app: Flask) -> None:
    page = render(app, "{{ form(f) }}", make=Everything, check=True)

    assert '<div class="error-summary" role="alert" tabindex="-1" data-focus-first>' in page
    assert '<a href="#email">E-mail</a>: This field is required.' in page
    assert '<a href="#agree">I agree</a>: This field is required.' in page


def test_a_form_with_a_file_is_sent_in_parts(app: Flask) -> None:
    assert 'enctype="multipart/form-data"' in render(app, "{{ form(f) }}", make=WithFile)


def test_the_fields_can_be_laid_out_by_the_page(app: Flask) -> None:
    page = render(app, "{% call form(f) %}{{ field(f.note) }}{% endcall %}", make=Everything)

    assert 'name="note"' in page
    assert 'name="email"' not in page


def test_a_passwords_value_is_never_sent_back(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"password": "open sesame"}):
        page = render_template_string(
            '{% from "demijohn/macros.html" import field %}{{ field(f.password) }}', f=Everything()
        )

    assert "open sesame" not in page


def test_messages_are_shown_by_kind(app: Flask) -> None:
    @app.get("/said")
    def said() -> str:
        return render_template_string('{% from "demijohn/macros.html" import flashes %}{{ flashes() }}')

    @app.get("/say")
    def say() -> str:
        from flask import flash

        flash("Kept & safe.", "success")
        return ""

    client = app.test_client()
    client.get("/say")
    page = client.get("/said").text

    assert 'class="flash flash-success success"' in page
    assert "Kept &amp; safe." in page


def test_page_links_keep_the_query_and_mark_the_page(app: Flask) -> None:
    page = render(app, "{{ pagination(p) }}", "/orders?q=a%26b&page=3&tag=x&tag=y", p=Numbers(page=3, per_page=20))

    assert 'href="?q=a%26b&amp;tag=x&amp;tag=y&amp;page=4"' in page
    assert '<span aria-current="page">' in page
    assert 'rel="prev"' in page
    assert page.startswith('<nav class="pagination" aria-label="Pages">')


def test_nothing_in_the_query_can_lead_a_page_link_elsewhere(app: Flask) -> None:
    source = "/orders?_external=1&_scheme=javascript&endpoint=x&%22%3E%3Cscript%3E=1"

    page = render(app, "{{ pagination(p) }}", source, p=Numbers(page=3, per_page=20))

    assert "<script" not in page
    assert all(link.startswith("?") for link in page.split('href="')[1:])


def test_one_page_needs_no_links(app: Flask) -> None:
    assert render(app, "{{ pagination(p) }}", p=Numbers(page=1, per_page=500, max_per_page=500)) == ""
