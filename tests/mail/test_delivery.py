"""The outbox against a real mail server: up, down, silent, refusing; and several senders at once."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from mailroom import Mailroom, deliver, states

from demijohn import clock, db
from demijohn.mail import send_mail
from demijohn.mail.models import OutgoingMail
from demijohn.mail.outbox import claim, engine_of, settle
from demijohn.mail.rules import Answer
from demijohn.mail.state import mail_of


def put(app: Flask, *to: str, subject: str = "Hello", **options: Any) -> None:
    with app.app_context():
        send_mail(list(to or ("ada@example.com",)), subject=subject, text="Your code is 1234.", **options)
        db.session.commit()


def row(app: Flask) -> OutgoingMail:
    with app.app_context():
        return db.session.scalars(sa.select(OutgoingMail).options(sa.orm.undefer(OutgoingMail.body))).one()


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    monkeypatch.setattr(clock, "shift", clock.shift + by)


def test_a_committed_message_arrives_and_its_text_is_wiped(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    put(mail_app)

    assert deliver(mail_app).sent == 1
    assert [one.recipients for one in mailroom.received] == [["ada@example.com"]]
    assert b"Your code is 1234." in mailroom.received[0].raw
    assert row(mail_app).state == "sent"
    assert row(mail_app).body is None
    assert deliver(mail_app).sent == 0


def test_a_message_that_is_rolled_back_is_never_sent(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    with mail_app.app_context():
        send_mail("ada@example.com", subject="Hello", text="x")
        db.session.flush()
        db.session.rollback()

    assert deliver(mail_app).sent == 0
    assert states(mail_app) == []


def test_the_text_cannot_be_read_in_the_database(mail_app: Flask) -> None:
    put(mail_app, subject="Reset")

    with mail_app.app_context():
        stored = db.session.execute(sa.text("SELECT * FROM outgoing_mail")).one()
    assert b"1234" not in repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in stored)).encode()
    assert b"code" not in (row(mail_app).body or b"")


def test_a_token_in_the_subject_is_masked_in_the_table_and_sent_whole(
    mail_app: Flask, server: Any, mailroom: Mailroom
) -> None:
    token = "kXr0u3JmVJd8aS1bq9w3e7Tz5yHcFgLoPiNvBm2A"
    put(mail_app, subject=f"Your link {token}")

    assert token not in row(mail_app).subject
    deliver(mail_app)
    assert token in message_from_bytes(mailroom.received[0].raw)["Subject"].replace("\r\n ", "")


def test_nothing_is_lost_while_the_server_is_down(
    mail_app: Flask,
    start_server: Callable[..., Any],
    port: int,
    mailroom: Mailroom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(mail_app)
    put(mail_app, "bob@example.com")

    tally = deliver(mail_app)
    assert (tally.sent, tally.later, tally.failed) == (0, 1, 0)
    assert "refused" in tally.unreachable.lower()
    assert states(mail_app) == ["waiting", "waiting"]

    start_server(port)
    later(monkeypatch, timedelta(minutes=2))
    assert deliver(mail_app).sent == 2
    assert sorted(one.recipients[0] for one in mailroom.received) == ["ada@example.com", "bob@example.com"]


def test_a_silent_server_holds_the_sender_for_its_limit_only(mail_app: Flask, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):  # accepts in the kernel and never says a word
        put(mail_app)
        began = time.monotonic()
        tally = deliver(mail_app)
        took = time.monotonic() - began

    assert tally.later == 1
    assert tally.unreachable == "no answer in time"
    assert took < 4


def test_one_refused_recipient_does_not_stop_the_others(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    mailroom.to_recipient = lambda address: "550 no such user" if address.startswith("gone") else None
    put(mail_app, "gone@example.com", "ada@example.com")

    assert deliver(mail_app).failed == 1
    found = {one["address"]: (one["state"], one["answer"]) for one in row(mail_app).recipients}
    assert found == {"gone@example.com": ("failed", "550 no such user"), "ada@example.com": ("sent", "")}
    assert [one.recipients for one in mailroom.received] == [["ada@example.com"]]


def test_all_recipients_refused_is_a_failure(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    mailroom.to_recipient = lambda address: "550 no such user"
    put(mail_app)

    assert deliver(mail_app).failed == 1
    assert row(mail_app).last_answer == "550 no such user"
    assert row(mail_app).body is not None  # `flask mail retry` can still send it


def test_not_now_is_tried_again_for_those_who_wait_and_for_nobody_else(
    mail_app: Flask, server: Any, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailroom.to_recipient = lambda address: "451 try later" if address.startswith("grey") else None
    put(mail_app, "grey@example.com", "ada@example.com")

    assert deliver(mail_app).later == 1
    assert deliver(mail_app).later == 0  # not due yet
    mailroom.to_recipient = lambda address: None
    later(monkeypatch, timedelta(minutes=2))
    assert deliver(mail_app).sent == 1
    assert [one.recipients for one in mailroom.received] == [["ada@example.com"], ["grey@example.com"]]
    ids = {message_from_bytes(one.raw)["Message-ID"] for one in mailroom.received}
    assert ids == {row(mail_app).message_id}


def test_a_refused_message_is_a_failure_and_a_busy_server_is_not(
    mail_app: Flask, server: Any, mailroom: Mailroom
) -> None:
    answers = iter(["452 disk full", "554 looks like spam"])
    mailroom.to_message = lambda: next(answers)
    put(mail_app, subject="first")
    put(mail_app, subject="second")

    tally = deliver(mail_app)
    assert (tally.later, tally.failed) == (1, 1)
    assert states(mail_app) == ["waiting", "failed"]


def test_a_message_fails_after_its_last_try(
    make_app: Any, database_url: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(
        database={"url": database_url}, mail={"url": f"smtp://127.0.0.1:{port}", "backend": "smtp", "max_tries": 2}
    )
    put(app)

    assert deliver(app).later == 1
    later(monkeypatch, timedelta(minutes=5))
    assert deliver(app).failed == 1
    assert states(app) == ["failed"]


def test_what_is_past_its_time_is_wiped_and_not_sent(
    mail_app: Flask, server: Any, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(mail_app, expires_at=clock.now() + timedelta(hours=1))
    later(monkeypatch, timedelta(hours=1, seconds=1))

    assert deliver(mail_app).expired == 1
    assert (row(mail_app).state, row(mail_app).body) == ("expired", None)
    assert mailroom.received == []


def test_text_is_never_kept_longer_than_the_setting_says(mail_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    put(mail_app, expires_at=clock.now() + timedelta(days=400))
    later(monkeypatch, timedelta(days=5, seconds=1))
    deliver(mail_app)

    assert row(mail_app).body is None


def test_many_senders_at_once_send_each_message_once(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    for number in range(30):
        put(mail_app, subject=f"Number {number}")
    rounds = [mail_of(mail_app).postman.new_round() for _ in range(4)]
    threads = [threading.Thread(target=one.run) for one in rounds]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(one.tally.sent for one in rounds) == 30
    subjects = [message_from_bytes(one.raw)["Subject"] for one in mailroom.received]
    assert sorted(subjects) == sorted(f"Number {number}" for number in range(30))


def test_what_a_killed_sender_held_is_sent_when_its_lease_ends(
    mail_app: Flask, server: Any, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(mail_app)
    section = mail_of(mail_app).section
    with engine_of(mail_app).begin() as connection:
        assert claim(connection, "killed", section) is not None

    assert deliver(mail_app).sent == 0
    later(monkeypatch, timedelta(seconds=section.lease_seconds + 1))
    assert deliver(mail_app).sent == 1
    assert len(mailroom.received) == 1


def test_a_sender_that_lost_its_lease_overwrites_nothing(mail_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    put(mail_app)
    section = mail_of(mail_app).section
    with engine_of(mail_app).begin() as connection:
        slow = claim(connection, "slow", section)
    later(monkeypatch, timedelta(seconds=section.lease_seconds + 1))
    with engine_of(mail_app).begin() as connection:
        claim(connection, "quick", section)
        state = settle(connection, slow, {"ada@example.com": Answer("failed", "550")}, section, keeps_text=False)

    assert state is None
    assert row(mail_app).lease == "quick"
    assert row(mail_app).state == "waiting"


def test_what_is_given_back_is_due_at_once(mail_app: Flask, server: Any, mailroom: Mailroom) -> None:
    put(mail_app)
    current = mail_of(mail_app).postman.new_round()
    with engine_of(mail_app).begin() as connection:
        claim(connection, current.who, mail_of(mail_app).section)

    assert current.give_back() == 1
    assert deliver(mail_app).sent == 1


def test_a_new_secret_key_still_opens_what_an_older_one_sealed(
    make_app: Any, database_url: str, port: int, server: Any, mailroom: Mailroom
) -> None:
    mail = {"url": f"smtp://127.0.0.1:{port}", "backend": "smtp"}
    old, new = "old-key-0123456789-abcdefghij-ABCDEFGHIJ", "new-key-0123456789-abcdefghij-ABCDEFGHIJ"
    first = make_app(database={"url": database_url}, mail=mail, secret_key=old)
    put(first)
    second = make_app(
        database={"url": database_url}, mail=mail, secret_key=new, secret_key_fallbacks=[old], create_tables=False
    )

    assert deliver(second).sent == 1
    assert b"1234" in mailroom.received[0].raw


def test_a_key_that_is_gone_fails_the_message_and_says_why(
    make_app: Any, database_url: str, port: int, server: Any, mailroom: Mailroom
) -> None:
    mail = {"url": f"smtp://127.0.0.1:{port}", "backend": "smtp"}
    first = make_app(database={"url": database_url}, mail=mail, secret_key="old-key-0123456789-abcdefghij-ABCDEFGHIJ")
    put(first)
    second = make_app(database={"url": database_url}, mail=mail, create_tables=False)

    assert deliver(second).failed == 1
    assert "SECRET_KEY changed" in row(second).last_answer
    assert mailroom.received == []


def test_the_log_never_shows_text_or_tokens(
    mail_app: Flask, server: Any, mailroom: Mailroom, caplog: pytest.LogCaptureFixture
) -> None:
    token = "kXr0u3JmVJd8aS1bq9w3e7Tz5yHcFgLoPiNvBm2A"
    mailroom.to_message = lambda: f"554 refused because of {token}"
    put(mail_app, subject=f"Link {token}")
    deliver(mail_app)

    assert "refused because of" in caplog.text
    assert token not in caplog.text
    assert "1234" not in caplog.text
    assert token not in row(mail_app).last_answer
