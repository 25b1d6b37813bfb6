"""Ways into the outbox: send_mail, and Flask-Mail's own object."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import flask_mail
import pytest
from flask import Flask, render_template_string
from mailroom import Mailroom, deliver
from shop import Customer

from demijohn import SetupError, clock, db
from demijohn.mail import send_mail
from demijohn.mail.inbox import messages


def only(app: Flask) -> Any:
    (message,) = messages(app)
    return message


def test_a_message_has_what_it_was_given(app: Flask) -> None:
    with app.app_context():
        send_mail(("Zoë Ångström", "zoe@example.com"), subject="Grüße — 你好", text="Straße\n", html="<p>Straße</p>")
        db.session.commit()

    message = only(app)
    assert message.subject == "Grüße — 你好"
    assert message.to == ["zoe@example.com"]
    assert message.text == "Straße\n"
    assert message.html.strip() == "<p>Straße</p>"
    assert message.headers["To"] == "Zoë Ångström <zoe@example.com>"
    assert message.headers["From"] == "no-reply@localhost"
    assert message.headers["Auto-Submitted"] == "auto-generated"
    assert message.raw.isascii()
    assert max(len(line) for line in message.raw.splitlines()) < 998


def test_templates_give_text_and_html(make_app: Any, tmp_path: Path) -> None:
    app = make_app()
    app.template_folder = str(tmp_path)
    (tmp_path / "hello.txt").write_text("{% extends 'mail/layout.txt' %}{% block content %}Hi {{ name }}{% endblock %}")
    (tmp_path / "hello.html").write_text(
        "{% extends 'mail/layout.html' %}{% block content %}<p>Hi {{ name }}</p>{% endblock %}"
    )
    with app.app_context():
        send_mail("ada@example.com", subject="Hello", template="hello", name="<Ada>")
        db.session.commit()

    message = only(app)
    assert message.text.startswith("Hi <Ada>\n")
    assert "<p>Hi &lt;Ada&gt;</p>" in message.html
    assert "<title>Hello</title>" in message.html


def test_html_is_optional_and_text_is_not(make_app: Any, tmp_path: Path) -> None:
    app = make_app()
    app.template_folder = str(tmp_path)
    (tmp_path / "plain.txt").write_text("Only text")
    with app.app_context():
        send_mail("ada@example.com", subject="Hello", template="plain")
        db.session.commit()
        with pytest.raises(ValueError, match="needs a text"):
            send_mail("ada@example.com", subject="Hello", html="<p>x</p>")

    assert only(app).html is None


@pytest.mark.parametrize("subject", ["a\nBcc: eve@example.com", "a\r\nX: y", "a\x00b", "a\u2028b"])
def test_a_subject_cannot_start_another_header(app: Flask, subject: str) -> None:
    with app.app_context(), pytest.raises(ValueError, match="one line"):
        send_mail("ada@example.com", subject=subject, text="x")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "ada@example..com",
        "a b@example.com",
        "ada@exa mple.com",
        "<ada@example.com",
        "ada@example.com>",
        "ada@-example.com",
        ".ada@example.com",
        "a..b@example.com",
        "x" * 65 + "@example.com",
        ("Ada\nBcc: eve@example.com", "ada@example.com"),
        ("Ada", "ada@example.com\r\nBcc: e@x.org"),
    ],
    ids=repr,
)
def test_what_is_no_address_is_refused(app: Flask, address: Any) -> None:
    with app.app_context(), pytest.raises(ValueError, match="mail address"):
        send_mail([address], subject="x", text="x")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("root@localhost", "root@localhost"),
        ("ada+shop@sub.example.com", "ada+shop@sub.example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ('"Lovelace, Ada" <ada@example.com>', "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_addresses_people_have_are_accepted(app: Flask, given: str, address: str) -> None:
    with app.app_context():
        send_mail(given, subject="x", text="x")
        db.session.commit()

    assert only(app).to == [address]


def test_nobody_to_send_to_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(ValueError, match="somebody"):
        send_mail([], subject="x", text="x")


def test_the_message_commits_with_the_callers_work(app: Flask) -> None:
    with app.app_context():
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        send_mail("ada@example.com", subject="kept", text="x")
        db.session.commit()
        send_mail("ada@example.com", subject="savepoint undone", text="x")
        db.session.rollback()
        savepoint = db.session.begin_nested()
        send_mail("ada@example.com", subject="inner", text="x")
        savepoint.rollback()
        db.session.commit()

    assert [message.subject for message in messages(app)] == ["kept"]


def test_messages_are_read_by_recipient(app: Flask) -> None:
    with app.app_context():
        send_mail("ada@example.com", subject="1", text="x")
        send_mail(["bob@example.com", "ada@example.com"], subject="2", text="x")
        send_mail("bob@example.com", subject="3", text="x", purpose="auth.reset")
        db.session.commit()

    assert [message.subject for message in messages(app, to="ada@example.com")] == ["1", "2"]
    assert [message.purpose for message in messages(app)] == ["message", "message", "auth.reset"]


def test_a_message_never_committed_is_named_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context():
        send_mail("ada@example.com", subject="forgotten", text="x")

    assert messages(app) == []
    assert "never committed" in caplog.text


def test_a_message_rolled_back_on_purpose_is_not(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context():
        send_mail("ada@example.com", subject="forgotten", text="x")
        db.session.rollback()
    with app.app_context():
        send_mail("ada@example.com", subject="kept", text="x")
        db.session.commit()

    assert "never committed" not in caplog.text


def full_message() -> flask_mail.Message:
    message = flask_mail.Message(
        "Rechnung für März",
        recipients=["ada@example.com", ("Bob", "bob@example.com")],
        body="See the file.",
        html="<p>See the <b>file</b>.</p>",
        cc=["carol@example.com"],
        bcc=["dave@example.com"],
        reply_to="office@example.com",
        sender=("Shop", "shop@example.com"),
        extra_headers={"X-Order": "7"},
    )
    message.attach("März.pdf", "application/pdf", b"%PDF-1.7")
    return message


def test_flask_mails_own_door_keeps_everything(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    with mail_app.app_context():
        message = full_message()
        mail_app.extensions["mail"].send(message)
        db.session.commit()
    assert mailroom.received == []  # nothing is sent by the caller

    deliver(mail_app)
    (got,) = mailroom.received
    parsed = message_from_bytes(got.raw, policy=default)
    assert got.sender == "shop@example.com"
    assert got.recipients == ["ada@example.com", "bob@example.com", "carol@example.com", "dave@example.com"]
    assert parsed["Subject"] == "Rechnung für März"
    assert parsed["Cc"] == "carol@example.com"
    assert parsed["Reply-To"] == "office@example.com"
    assert parsed["X-Order"] == "7"
    assert parsed["Message-ID"] == message.msgId
    assert b"dave@example.com" not in got.raw
    (attachment,) = parsed.iter_attachments()
    assert attachment.get_filename() == "März.pdf"
    assert attachment.get_content() == b"%PDF-1.7"


def test_flask_mails_other_ways_lead_to_the_outbox_too(app: Flask) -> None:
    mail = app.extensions["mail"]
    with app.app_context():
        mail.send_message("one", recipients=["ada@example.com"], body="x")
        with mail.connect() as connection:
            for number in range(3):
                connection.send(flask_mail.Message(f"many {number}", recipients=["ada@example.com"], body="x"))
        with mail.record_messages() as recorded:
            mail.send_message("seen", recipients=["ada@example.com"], body="x")
        db.session.commit()

    assert [message.subject for message in messages(app)] == ["one", "many 0", "many 1", "many 2", "seen"]
    assert [message.subject for message in recorded] == ["seen"]


@pytest.mark.parametrize(
    "fault",
    [
        {"subject": "a\r\n Bcc: eve@example.com"},
        {"cc": ["carol@example.com\nBcc: eve@example.com"]},
        {"extra_headers": {"X-A": "1\r\nBcc: eve@example.com"}},
        {"reply_to": "a@example.com\nBcc: eve@example.com"},
        {"attachments": [flask_mail.Attachment("a\r\nX: y", "text/plain", b"x")]},
        {"recipients": []},
    ],
    ids=["folded subject", "copy", "header", "reply-to", "file name", "nobody"],
)
def test_flask_mails_door_refuses_smuggled_headers(app: Flask, fault: dict[str, Any]) -> None:
    with app.app_context():
        message = flask_mail.Message(**{"subject": "x", "recipients": ["ada@example.com"], "body": "x", **fault})
        with pytest.raises(ValueError, match=r"one line|mail address|no recipients"):
            app.extensions["mail"].send(message)


def test_without_the_battery_sending_says_how_to_switch_it_on(make_app: Any) -> None:
    app = make_app(features={"mail": False})
    with app.app_context(), pytest.raises(SetupError, match="mail is off") as caught:
        send_mail("ada@example.com", subject="x", text="x")

    assert "FLASK_FEATURES__MAIL=true" in caught.value.fix


def test_the_sender_is_at_the_public_host_unless_set(make_app: Any) -> None:
    assert make_app(public_url="https://shop.example/x").config["MAIL_DEFAULT_SENDER"] == "no-reply@shop.example"
    set_ = make_app(mail={"default_sender": "Shop <hello@shop.example>"})
    with set_.app_context():
        send_mail("ada@example.com", subject="x", text="x")
        db.session.commit()
    assert only(set_).headers["From"] == "Shop <hello@shop.example>"


def test_mail_in_a_view_is_written_once_however_the_view_ends(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/order/<how>")
    def order(how: str) -> str:
        send_mail("ada@example.com", subject=how, text="x", expires_at=clock.now() + timedelta(hours=1))
        if how == "fails":
            raise RuntimeError
        db.session.commit()
        return render_template_string("ok")

    client = app.test_client()
    assert client.post("/order/works").status_code == 200
    assert client.post("/order/fails").status_code == 500
    assert [message.subject for message in messages(app)] == ["works"]
