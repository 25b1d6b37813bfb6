"""Passkeys as a second factor: who has one, and how all of them go at once."""

from typing import Any

import sqlalchemy as sa

from demijohn.auth.capability import SecondFactor
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.passkeys.relying_party import host_name
from demijohn.database.base import db

KIND = "passkey"


def holders() -> sa.Select[tuple[int]]:
    """Users with a passkey that works at this host name; others could not show theirs."""
    found: Any = sa.select(Passkey.user_id).where(Passkey.rp_id == host_name())
    return found  # type: ignore[no-any-return]


def forget(user_id: int) -> None:
    db.session.execute(
        sa.delete(Passkey).where(Passkey.user_id == user_id), execution_options={"synchronize_session": False}
    )


FACTOR = SecondFactor(
    kind=KIND,
    label="a passkey",
    holders=holders,
    step_template="auth/step_passkey.html",
    setup_template="auth/setup_passkey.html",
    account_template="auth/passkey_state.html",
    forget=forget,
)
