"""Codes, their stored forms and who has set up what; no pages."""

import re

import pytest
from flask import Flask
from tests.auth.visitor import find, make_user

from demijohn import db
from demijohn.auth.factors import recovery, registry, rules, totp
from demijohn.auth.factors.models import RecoveryCode, TotpFactor
from demijohn.clock import now


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("123 456", "123456"),
        (" 123-456\n", "123456"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("7K2M-p9xq dh4t-W3VE", "7k2mp9xqdh4tw3ve"),
        ("", ""),
        ("9" * 65, ""),
        ("\ud800\0", ""),
    ],
    ids=["space", "dash and newline", "full width", "recovery code", "empty", "too long", "no text"],
)
def test_codes_are_read_as_people_type_them(typed: str, plain: str) -> None:
    assert rules.plain_code(typed) == plain


def test_recovery_codes_are_readable_and_differ() -> None:
    codes = {rules.new_recovery_code() for _ in range(500)}

    assert len(codes) == 500
    assert all(re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", code) for code in codes)


def test_a_code_fits_the_present_step_and_its_neighbours_only(app: Flask) -> None:
    from pyotp import TOTP

    with app.app_context():
        secret, present = totp.new_secret(), rules.step_of(now().timestamp())
        code_of = TOTP(secret).generate_otp

        found = [totp.matching_step(secret, code_of(present + beside)) for beside in (-1, 0, 1)]
        assert found == [present - 1, present, present + 1]
        assert totp.matching_step(secret, code_of(present - 3)) is None
        assert totp.matching_step(secret, code_of(present + 3)) is None
        assert totp.matching_step(secret, "12345") is None
        assert totp.matching_step(secret, "٣٤٥٦٧٨") is None


def test_a_stored_app_gives_nothing_away_and_fits_its_own_account_only(app: Flask) -> None:
    ada, bob = make_user(app), make_user(app, "bob@example.com")
    with app.app_context():
        secret = totp.new_secret()
        totp.put_app(ada, secret, used_step=0)
        db.session.commit()
        stored = db.session.query(TotpFactor).one()

        assert secret.encode() not in stored.sealed_secret
        assert totp.opened(stored) == (secret, False)
        stored.user_id = bob
        assert totp.opened(stored) == ("", False)
        db.session.rollback()


def test_an_app_sealed_with_an_earlier_key_is_sealed_anew_when_used(app: Flask) -> None:
    from pyotp import TOTP

    ada = make_user(app)
    with app.app_context():
        secret = totp.new_secret()
        totp.put_app(ada, secret, used_step=0)
        db.session.commit()
        app.config.update(SECRET_KEY="another-key-0123456789-0123456789-abc", SECRET_KEY_FALLBACKS=[app.secret_key])

        assert totp.use_app_code(ada, TOTP(secret).now())
        db.session.commit()

        app.config["SECRET_KEY_FALLBACKS"] = []
        assert totp.opened(db.session.query(TotpFactor).one()) == (secret, False)


def test_recovery_codes_are_stored_as_digests_and_work_for_one_account_once(app: Flask) -> None:
    ada, bob = make_user(app), make_user(app, "bob@example.com")
    with app.app_context():
        codes = recovery.issue_codes(ada)
        db.session.commit()

        assert recovery.codes_left(ada) == len(codes) == 10
        assert not {row.digest for row in db.session.query(RecoveryCode)} & {c.replace("-", "") for c in codes}
        assert not recovery.use_code(bob, codes[0])
        assert recovery.use_code(ada, codes[0].upper().replace("-", " "))
        assert not recovery.use_code(ada, codes[0])
        assert recovery.codes_left(ada) == 9


def test_new_recovery_codes_kill_the_earlier_ones(app: Flask) -> None:
    ada = make_user(app)
    with app.app_context():
        old = recovery.issue_codes(ada)
        recovery.issue_codes(ada)
        db.session.commit()

        assert not any(recovery.use_code(ada, code) for code in old)
        assert recovery.codes_left(ada) == 10


def test_who_has_a_second_factor_is_asked_of_every_kind(app: Flask) -> None:
    ada, bob = make_user(app), make_user(app, "bob@example.com")
    with app.app_context():
        totp.put_app(ada, totp.new_secret(), used_step=0)
        db.session.commit()

        assert registry.has_second_factor(find("ada@example.com"))
        assert not registry.has_second_factor(find("bob@example.com"))
        assert [factor.kind for factor in registry.factors_of(find("ada@example.com"))] == ["totp"]
        assert registry.users_with_second_factor([ada, bob]) == {ada}
        everybody = registry.holders_of_any()
        assert everybody is not None
        assert list(db.session.scalars(everybody)) == [ada]
