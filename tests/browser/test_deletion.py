"""Keeping an account that is to be deleted, in a browser."""

from typing import Any

from tests.browser.conftest import HASHER, PASSWORD
from tests.browser.test_pages import judge

from demijohn import db
from demijohn.auth.deletion.models import AccountDeletion
from demijohn.auth.models import user_class
from demijohn.clock import now

ADDRESS = "leaving@gallery.example"


def test_signing_in_asks_whether_to_keep_the_account_and_then_goes_on(stranger: Any) -> None:
    with stranger.site.app.app_context():
        user = user_class()(email=ADDRESS, password_hash=HASHER.hash(PASSWORD))
        db.session.add(user)
        db.session.flush()
        db.session.add(AccountDeletion(user_id=user.id, due_at=now()))
        db.session.commit()
    stranger.open("/auth/login")
    stranger.find("[name=email]").send_keys(ADDRESS)
    stranger.find("[name=password]").send_keys(PASSWORD)
    stranger.find("main form button:not([type=button])").click()
    stranger.arrive("/auth/keep-account")

    judge(stranger, "/auth/keep-account")
    stranger.find("main form button").click()

    stranger.arrive("/auth/account")
    assert "Your account stays." in stranger.find("main").text
