"""A person with an authenticator app, as the tests of two-step sign-in see one."""

import re

from flask import Flask
from pyotp import TOTP
from tests.auth.visitor import Visitor, find
from werkzeug.test import TestResponse

from demijohn import clock, db
from demijohn.auth.factors import totp
from demijohn.auth.factors.recovery import issue_codes
from demijohn.auth.factors.rules import STEP_SECONDS, step_of

STEP = "/auth/login/two-factor"
SETUP = "/auth/login/two-factor/new"
HOME = "/auth/account/two-factor"


class Phone:
    """An app that knows the secret; `code(later=1)` is the next one."""

    def __init__(self, secret: str) -> None:
        self.secret = secret.replace(" ", "")

    def code(self, later: int = 0) -> str:
        return str(TOTP(self.secret).generate_otp(step_of(clock.now().timestamp()) + later))

    def wrong_code(self) -> str:
        right = {self.code(beside) for beside in range(-2, 3)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def give_app(site: Flask, email: str = "ada@example.com") -> Phone:
    """Set up an app for the account, as if long ago."""
    with site.app_context():
        secret, user = totp.new_secret(), find(email)
        totp.put_app(user.id, secret, used_step=0)
        db.session.commit()
    return Phone(secret)


def give_codes(site: Flask, email: str = "ada@example.com") -> list[str]:
    with site.app_context():
        codes = issue_codes(find(email).id)
        db.session.commit()
    return codes


def shown_secret(page: TestResponse) -> Phone:
    found = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    return Phone(found[1])


def shown_codes(page: TestResponse) -> list[str]:
    return re.findall(r"<li>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</li>", page.text)


def pass_both(visitor: Visitor, phone: Phone, *, later: int = 0, **fields: str) -> TestResponse:
    """Sign in with password and code."""
    visitor.sign_in()
    return visitor.post(STEP, {"code": phone.code(later), **fields})


A_STEP_LATER = STEP_SECONDS
