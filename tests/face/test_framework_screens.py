"""The framework's own screens: what they say when they are empty, and how they show what is more than a word."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from demijohn import clock, db
from demijohn.auth.invitations.models import Invitation
from demijohn.mail import send_mail
from demijohn.mail.models import OutgoingMail
from demijohn.testing_client import sign_in

MakeApp = Callable[..., Flask]


def seen(app: Flask, path: str) -> str:
    client = app.test_client()
    sign_in(client, superuser=True)
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return answer.text


@pytest.mark.parametrize(
    ("screen", "text"),
    [
        ("outgoing_mail", "No mail has been sent yet."),
        ("api_token", "Nobody has made an API token yet."),
        ("account_deletion", "Nobody wants their account to be deleted."),
    ],
)
def test_empty_screen_says_what_would_be_there(app: Flask, screen: str, text: str) -> None:
    assert text in seen(app, f"/admin/{screen}/")


def test_recipients_of_a_mail_are_read_line_by_line_and_stay_text(app: Flask) -> None:
    with app.app_context():
        send_mail(["ada@example.com", "bob@example.com"], subject="News", text="x")
        db.session.flush()
        refused = [
            {"address": "ada@example.com", "state": "sent", "answer": ""},
            {"address": "bob@example.com", "state": "failed", "answer": "550 <script>alert(1)</script>"},
        ]
        db.session.execute(sa.update(OutgoingMail).values(recipients=refused))
        db.session.commit()

    page = seen(app, "/admin/outgoing_mail/details/?id=1")

    assert "ada@example.com · sent<br>bob@example.com · failed · 550 &lt;script&gt;alert(1)&lt;/script&gt;" in page, (
        page
    )


def test_invitation_shows_its_state(make_app: MakeApp) -> None:
    app = make_app(public_url="http://localhost", auth={"registration": "invite"})
    with app.app_context():
        later = clock.now() + timedelta(days=1)
        db.session.add(Invitation(email="grace@example.com", expires_at=later))
        db.session.commit()

    assert '<span class="dj-enum" data-value="pending">pending</span>' in seen(app, "/admin/invitation/")
