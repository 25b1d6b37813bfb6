"""What may be used once and is not stored until it was: answers to passkey challenges, states of a provider's answer.

Such a thing says itself that it is ours and when it ends; one INSERT under a unique key decides who used it first.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from demijohn.auth.models import SpentOnce
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import digest_of


def spend(secret: str, *, lives_for: timedelta) -> bool:
    """Use it up; whether this call was the one that did. Commits.

    Of several at once the others wait for its row and then fail on the unique key.

    Args:
        lives_for: how long it would be accepted; then it is forgotten.
    """
    db.session.rollback()
    try:
        db.session.execute(sa.insert(SpentOnce).values(digest=digest_of(secret), expires_at=now() + lives_for))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return True
