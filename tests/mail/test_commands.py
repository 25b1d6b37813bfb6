"""`flask mail`, and what a command does with mail of its own."""

import json
from typing import Any

import pytest
from flask import Flask
from mailroom import Mailroom, deliver, states

from demijohn import db
from demijohn.mail import send_mail


def run(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["mail", *args])


def put(app: Flask, *to: str) -> None:
    with app.app_context():
        for one in to:
            send_mail(one, subject="Hello", text="Your code is 1234.")
        db.session.commit()


def test_a_test_message_says_what_the_server_answered(
    mail_app: Flask, server: Any, mailroom: Mailroom, port: int
) -> None:
    good = run(mail_app, "test", "ada@example.com")
    mailroom.to_recipient = lambda address: "550 no such user"
    bad = run(mail_app, "test", "gone@example.com")

    assert (good.exit_code, good.output.strip()) == (0, f"127.0.0.1:{port}: accepted")
    assert (bad.exit_code, bad.output.strip()) == (1, f"127.0.0.1:{port}: 550 no such user")
    assert len(mailroom.received) == 1


def test_a_test_message_to_a_server_that_is_down_is_the_answer_no(mail_app: Flask) -> None:
    result = run(mail_app, "test", "ada@example.com")

    assert result.exit_code == 1
    assert "refused" in result.output.lower()


def test_a_test_message_to_no_address_is_wrong_use(mail_app: Flask) -> None:
    result = run(mail_app, "test", "ada")

    assert result.exit_code == 2
    assert "not a mail address" in result.output


def test_the_outbox_lists_messages_without_their_text(mail_app: Flask) -> None:
    put(mail_app, "ada@example.com", "bob@example.com")
    plain = run(mail_app, "outbox")
    as_json = json.loads(run(mail_app, "outbox", "--json", "--state", "waiting").output)

    assert plain.output.index("bob@example.com") < plain.output.index("ada@example.com")
    assert "1234" not in plain.output
    assert [row["recipients"][0]["address"] for row in as_json] == ["bob@example.com", "ada@example.com"]
    assert "1234" not in json.dumps(as_json)
    assert "body" not in as_json[0]
    assert json.loads(run(mail_app, "outbox", "--json", "--state", "failed").output) == []


def test_retry_sends_what_failed_and_not_again_to_those_who_have_it(
    mail_app: Flask, server: Any, mailroom: Mailroom
) -> None:
    mailroom.to_recipient = lambda address: "550 unknown" if address.startswith("bob") else None
    with mail_app.app_context():
        send_mail(["ada@example.com", "bob@example.com"], subject="Hello", text="x")
        db.session.commit()
    deliver(mail_app)
    mailroom.to_recipient = lambda address: None

    result = run(mail_app, "retry")

    assert (result.exit_code, result.output.strip()) == (0, "1 sent, 0 to be tried again, 0 failed")
    assert [one.recipients for one in mailroom.received] == [["ada@example.com"], ["bob@example.com"]]
    assert states(mail_app) == ["sent"]


def test_retry_takes_only_the_messages_named(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    mailroom.to_message = lambda: "554 no"
    put(mail_app, "ada@example.com", "bob@example.com")
    deliver(mail_app)
    mailroom.to_message = lambda: None

    result = run(mail_app, "retry", "2")

    assert result.exit_code == 0
    assert states(mail_app) == ["failed", "sent"]


def test_retry_of_a_message_that_is_not_there_is_wrong_use(mail_app: Flask) -> None:
    assert run(mail_app, "retry", "99").exit_code == 2
    assert run(mail_app, "retry", "--due", "1").exit_code == 2


def test_retry_of_what_is_due_leaves_failures_alone(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    mailroom.to_message = lambda: "554 no"
    put(mail_app, "ada@example.com")
    deliver(mail_app)
    mailroom.to_message = lambda: None
    put(mail_app, "bob@example.com")

    assert run(mail_app, "retry", "--due").exit_code == 0
    assert states(mail_app) == ["failed", "sent"]


def test_retry_with_the_server_down_is_the_answer_no(mail_app: Flask) -> None:
    put(mail_app, "ada@example.com")
    result = run(mail_app, "retry")

    assert result.exit_code == 1
    assert states(mail_app) == ["waiting"]


def add_command(app: Flask) -> None:
    @app.cli.command("invite")
    def invite() -> None:
        for number in range(2):
            send_mail(f"{number}@example.com", subject="Hello", text="x")
            db.session.commit()


def test_a_command_delivers_its_own_mail_before_it_ends(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    add_command(mail_app)

    assert mail_app.test_cli_runner().invoke(args=["invite"]).exit_code == 0
    assert len(mailroom.received) == 2


def test_a_command_succeeds_though_the_server_is_down(mail_app: Flask) -> None:
    add_command(mail_app)
    result = mail_app.test_cli_runner().invoke(args=["invite"])

    assert result.exit_code == 0
    assert "waits in the outbox" in result.output
    assert states(mail_app) == ["waiting", "waiting"]


@pytest.mark.parametrize("mail", [{"sender": "none"}, {"command_seconds": 0}], ids=["no sender", "no time"])
def test_a_command_leaves_mail_to_others_where_told_so(
    make_app: Any, server: Any, port: int, mailroom: Mailroom, mail: dict[str, Any]
) -> None:
    app = make_app(mail={"url": f"smtp://127.0.0.1:{port}", "backend": "smtp", **mail})
    add_command(app)

    assert app.test_cli_runner().invoke(args=["invite"]).exit_code == 0
    assert mailroom.received == []
