"""Recovery codes: shown once, stored as digests, each used up by exactly one."""

import hashlib

import sqlalchemy as sa

from demijohn.auth.factors.models import RecoveryCode
from demijohn.auth.factors.rules import RECOVERY_CODES, new_recovery_code, plain_code
from demijohn.database.base import db


def digest_of(user_id: int, code: str) -> str:
    """The stored form: of a code together with its user, so that equal digests can't be looked for across accounts.

    A plain SHA-256 is enough for 79 random bits, and survives a change of the secret key, which is when people need it.
    """
    return hashlib.sha256(f"recovery:{user_id}:{plain_code(code)}".encode()).hexdigest()


def issue_codes(user_id: int) -> list[str]:
    """New codes; earlier ones are dead. The caller commits."""
    forget_codes(user_id)
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(user_id=user_id, digest=digest_of(user_id, code)) for code in codes)
    return codes


def use_code(user_id: int, code: str) -> bool:
    """Use a code up; whether this call was the one that did. The caller commits.

    One DELETE decides: of several at once, the others wait for its row and then find nothing.
    """
    mine = sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return count_of(mine.where(RecoveryCode.digest == digest_of(user_id, code))) == 1


def codes_left(user_id: int) -> int:
    counted = sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return int(db.session.scalar(counted) or 0)


def forget_codes(user_id: int) -> None:
    """Take all codes away. The caller commits."""
    count_of(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def count_of(statement: sa.Delete | sa.Update) -> int:
    """How many rows the statement changed; it is written at once."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(result, "rowcount", 0))
