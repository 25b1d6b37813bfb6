"""`flask prune`: each battery deletes its rows that have had their time, and no others."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from demijohn import Battery, db
from demijohn.contributions import Job
from demijohn.section import Section


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    made: Flask = make_app(database={"url": database_url})
    return made


def prune(app: Flask, *options: str) -> dict[str, int]:
    result = app.test_cli_runner().invoke(args=["prune", "--json", *options])
    assert result.exit_code == 0, result.output
    rows: dict[str, int] = json.loads(result.output)["rows"]
    return {name: count for name, count in rows.items() if count}


def test_every_battery_deletes_what_is_over_and_keeps_the_rest(app: Flask, clock: Any) -> None:
    from demijohn.auth.models import OneTimeToken
    from demijohn.clock import now as clock_now
    from demijohn.forms.models import FormSubmission
    from demijohn.mail import send_mail
    from demijohn.mail.models import OutgoingMail
    from demijohn.security.throttle import Limit, hit
    from demijohn.sessions.models import UserSession

    def fill(name: str) -> None:
        with app.app_context():
            at = clock_now()
            hit(Limit(name="test", times=5, per_seconds=600), name)
            db.session.add(
                OneTimeToken(
                    digest=name, purpose="reset", address="ada@example.com", expires_at=at + timedelta(hours=1)
                )
            )
            db.session.add(FormSubmission(digest=name, until_s=int(at.timestamp()) + 600))
            db.session.add(
                UserSession(digest=name, created_at=at, last_seen_at=at, expires_at=at + timedelta(hours=1), data="{}")
            )
            for subject in ("sent", "waiting"):
                send_mail(f"{name}@example.com", subject=subject, text="x")
            db.session.flush()
            db.session.execute(
                sa.update(OutgoingMail)
                .where(OutgoingMail.subject == "sent")
                .values(state="sent", sent_at=at, body=None)
            )
            db.session.commit()

    fill("old")
    clock.travel(timedelta(days=31))
    fill("new")
    expected = {
        "ended sessions": 1,
        "expired links and devices": 1,
        "free throttles": 1,
        "forms sent": 1,
        "old messages": 1,
    }

    assert prune(app, "--dry-run") == expected
    assert prune(app) == expected
    assert prune(app) == {}
    with app.app_context():
        left = [db.session.query(model).count() for model in (UserSession, FormSubmission)]
        mails = sorted(db.session.scalars(sa.select(OutgoingMail.subject)))
    assert (left, mails) == ([1, 1], ["sent", "waiting", "waiting"])


def test_one_that_fails_does_not_keep_the_others(make_app: Any) -> None:
    left = [3, 4]

    def fail(app: Flask) -> int:
        raise RuntimeError("the disk is full\nand more")

    jobs = (
        Job(name="broken things", run=fail, prunes=True),
        Job(name="crumbs", run=lambda app: left.pop() if left else 0, prunes=True),
        Job(name="no pruning", run=fail),
    )
    extra = Battery(name="extra", section=Section, init=lambda app, section: None, jobs=jobs)

    result = make_app(batteries=[extra]).test_cli_runner().invoke(args=["prune"])

    assert result.exit_code == 1
    assert "        7  crumbs\n" in result.output
    assert "broken things: RuntimeError: the disk is full\n" in result.output


def test_it_works_without_a_database(make_app: Any) -> None:
    app = make_app(features={"database": False})

    assert prune(app) == {}
