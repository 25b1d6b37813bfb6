"""E-mail, web, telephone, colour, money, Markdown and JSON: the right input, what is refused, and safe to look at."""

import re
import sys
from typing import Any

import html5lib
import pytest
import sqlalchemy as sa
from directory import Contact
from flask import Flask
from setup_faults import Mending
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, form_values

from demijohn import db
from demijohn.admin.formats.json import LONGEST, read_document
from demijohn.admin.formats.markdown import rendered
from demijohn.admin.formats.recognizing import by_name, format_of
from demijohn.checks import run_checks

EDIT = "/admin/directory_contact/edit/?id=1"


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin("directory", database={"url": database_url})
    add(app, Contact(name="Ada"))
    return app


def stored(app: Flask, name: str) -> Any:
    with app.app_context():
        return getattr(db.session.scalars(sa.select(Contact)).one(), name)


def save(visitor: Visitor, **fields: Any) -> Any:
    return visitor.submit(EDIT, **fields)


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("email", "email"), ("work_email", "email"), ("e_mail", "email"), ("email_address", "email"),
        ("website", "url"), ("image_url", "url"), ("phone_number", "phone"), ("mobile", "phone"), ("color", "color"),
        ("email_count", None), ("curl", None), ("colourful", None), ("phonetic", None),
    ],
)  # fmt: skip
def test_what_a_name_says(name: str, format_: str | None) -> None:
    assert by_name(name) == format_


def test_inputs_are_of_their_kind(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").get(EDIT).text

    types = {
        name: (re.search(r'type="(\w+)"', tag) or ["", ""])[1]
        for tag, name in re.findall(r'(<input[^>]*name="(\w+)"[^>]*>)', page)
    }
    assert {name: types[name] for name in ("email", "work_email", "website", "shop", "phone", "colour", "fee")} == {
        "email": "email", "work_email": "email", "website": "url", "shop": "url", "phone": "tel", "colour": "text",
        "fee": "number",
    }  # fmt: skip
    assert re.search(r'name="colour"[^>]*|data-dm-color="[^"]+"', page)
    assert re.findall(r'input-group-text">(\w+)<', page) == ["EUR", "CHF"]
    assert 'maxlength="80"' in page


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("work_email", "ada@", "ada@example.com"),
        ("work_email", "ada@example.com?bcc=all@evil.example, b@x.y", "grace@example.com"),
        ("shop", "javascript:alert(1)", "https://example.com/a?b=1"),
        ("shop", "//evil.example", "http://localhost:8000/"),
        ("shop", "https:///nowhere", "https://xn--exmple-cua.com"),
        ("phone", "call me", "+44 20 7946 0000"),
        ("colour", "red", "#Ff8800"),
        ("colour", "#12345", "#000000"),
        ("fee", "1.234", "1.23"),
        ("fee", "NaN", "-5"),
    ],
)
def test_what_is_none_is_refused_where_the_model_says_what_it_is(
    app: Flask, visit: Visit, name: str, wrong: str, right: str
) -> None:
    boss = visit(app, "*")

    page = save(boss, **{name: wrong})
    assert (page.status_code, stored(app, name)) == (422, None)
    assert form_values(page.text)[name] == wrong
    assert save(boss, **{name: right}).status_code == 302
    assert str(stored(app, name)) in {right, f"{right}.00"}


def test_a_name_alone_refuses_nothing_and_links_only_what_is_sound(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    assert save(boss, email="nobody", website="javascript:alert(1)").status_code == 302

    page = boss.get("/admin/directory_contact/details/?id=1").text
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page
    assert "mailto:nobody" not in page


def test_what_was_there_before_and_is_not_touched_may_stay(app: Flask, visit: Visit) -> None:
    with app.app_context():
        db.session.execute(sa.update(Contact).values(shop="ask at the counter"))
        db.session.commit()
    boss = visit(app, "*")

    assert save(boss, name="Grace").status_code == 302
    assert save(boss, shop="ask elsewhere").status_code == 422


def test_formats_are_shown_as_what_they_are(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    save(
        boss, email="ada@example.com", shop="https://example.com/?a=1&b=2", phone="+44 (0)20 7946", colour="#ff8800",
        fee="1234.5", credit="2",
    )  # fmt: skip

    columns = "name,email,shop,phone,colour,fee,credit"
    for address in ("details/?id=1", f"?columns={columns}"):
        page = boss.get(f"/admin/directory_contact/{address}").text
        assert '<a href="mailto:ada@example.com">' in page
        assert '<a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer nofollow"' in page
        assert '<a href="tel:+440207946">' in page
        assert 'fill="#ff8800"' in page
        assert "1,234.50\N{NO-BREAK SPACE}EUR" in page
        assert "2.00\N{NO-BREAK SPACE}CHF" in page


ATTACK = """# Head\n\n<script>alert(1)</script> <img src=x onerror=alert(2)>\n\n[a](javascript:alert(3)) ![p](https://evil.example/p.png)
[b](https://ok.example "t\\" onclick=alert(4)") **bold**"""


def test_markdown_is_rendered_on_the_page_of_a_record_and_is_no_markup_of_others(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    save(boss, about=ATTACK)

    page = boss.get("/admin/directory_contact/details/?id=1").text

    start = page.index('<div class="dm-markdown"')
    shown = page[start : page.index("</dd>", start)]
    assert "<strong>bold</strong>" in shown
    assert "<h1>Head</h1>" in shown
    assert "&lt;script&gt;" in shown
    tree = html5lib.parseFragment(shown, namespaceHTMLElements=False)
    assert {node.tag for node in tree.iter()} - {"DOCUMENT_FRAGMENT"} == {"div", "h1", "p", "a", "strong", "br"}
    links = [sorted(node.attrib.items()) for node in tree.iter("a")]
    assert links == [
        [("href", "https://evil.example/p.png")],
        [("href", "https://ok.example"), ("title", 't" onclick=alert(4)')],
    ]


def test_a_preview_is_made_for_staff_with_a_token(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    answer = boss.send("/admin/-/markdown/", {"text": ATTACK})
    assert (answer.status_code, "<strong>bold</strong>" in answer.text, "<script" in answer.text) == (200, True, False)
    assert boss.client.post("/admin/-/markdown/", data={"text": "x"}).status_code == 400
    assert visit(app).send("/admin/-/markdown/", {"text": "x"}).status_code in {302, 403}


def test_without_the_library_markdown_stands_as_written_and_the_check_says_so(
    app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        return [problem.id for problem in run_checks(app) if problem.id == "admin.W006"]

    assert told() == []
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    assert told() == ["admin.W006"]
    boss = visit(app, "*")
    save(boss, about="**bold** <b>")

    page = boss.get("/admin/directory_contact/details/?id=1").text
    assert '<div class="dm-written">**bold** &lt;b&gt;</div>' in page
    assert "data-dm-preview" not in boss.get(EDIT).text


def test_very_long_markdown_is_shown_as_it_was_written() -> None:
    assert rendered("**x**" * 50_000).startswith('<div class="dm-written">**x**')
    assert "&gt;" in rendered(">" * 200_001)


@pytest.mark.parametrize("nested", ["> " * 5_000 + "x", "- " * 5_000, "[" * 50_000, "*a " * 30_000, "`" * 30_001])
def test_markdown_that_nests_without_end_is_no_fault(nested: str) -> None:
    assert "<div" in rendered(nested)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{'[' * 99}{']' * 99}", eval(f"{'[' * 99}{']' * 99}")),
        ("", None),
        ("  ", None),
        ("null", None),
        ("[]", []),
        ("0", 0),
        ('{"a": [1, "ü"]}', {"a": [1, "ü"]}),
        ('""', ""),
    ],
)
def test_a_document_is_read(text: str, value: Any) -> None:
    assert read_document(text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "a": 1,\n  b: 2\n}', "Line 3, column 3: Expecting property name"),
        ('{"a": 1} x', "Line 1, column 10: Extra data"),
        ("NaN", "NaN is no JSON"),
        ('{"a": -Infinity}', "-Infinity is no JSON"),
        ('{"a": 1, "a": 2}', "“a” comes twice"),
        ("[" * 200_000, "nested too deeply"),
        (f"{'[' * 101}{']' * 101}", "nested too deeply"),
        ("[1e999]", "too large"),
        (f"[{'9' * 5000}]", "too large"),
        (r'{"a": "\u0000"}', "can't be stored"),
        (r'{"\u0000": 1}', "can't be stored"),
        (f'"{"x" * LONGEST}"', "longer than 1,000,000 characters"),
    ],
)
def test_a_document_that_is_none_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_document(text)


def test_documents_come_back_as_they_were(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    assert form_values(boss.get(EDIT).text)["settings"] == ""
    wrong = save(boss, settings='{"a": }')
    assert (wrong.status_code, form_values(wrong.text)["settings"]) == (422, '{"a": }')
    assert "Line 1, column 7" in wrong.text
    for text, value in (('{"b": [1, 2]}', {"b": [1, 2]}), ("[]", []), ("false", False)):
        assert save(boss, settings=text).status_code == 302
        assert stored(app, "settings") == value
        assert save(boss, name="Ada").status_code == 302
        assert stored(app, "settings") == value


def test_secrets_have_no_format() -> None:
    assert format_of(sa.Column("secret_email", sa.String(20), info={"secret": True})) is None
    assert format_of(sa.Column("note", sa.String(20), info={"secret": True, "format": "email"})) is None


@pytest.mark.mends("admin/formats/recognizing.py:format_of")
@pytest.mark.parametrize("said", ["mail", "money"])
def test_a_format_that_a_column_cannot_have(
    mending: Mending, make_admin: MakeAdmin, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    info = Contact.__table__.c.motto.info
    monkeypatch.setitem(info, "format", said)

    fix = mending.refused(lambda: make_admin("directory")).fix

    assert fix == "name one of these, or leave it out: email, url, phone, color, markdown."
    monkeypatch.setitem(info, "format", "markdown")
    mending.started(lambda: make_admin("directory"))
