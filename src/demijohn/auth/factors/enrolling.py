"""Setting up an app: what the page of the account and the one at sign-in share."""

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from demijohn.auth.factors import totp
from demijohn.auth.factors.changes import factor_added
from demijohn.auth.factors.rules import in_groups, plain_code
from demijohn.auth.factors.trust import end_trust
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase, user_class
from demijohn.database.base import db

WRONG = "This code does not fit. Scan the picture again, and look whether the clock of your phone is right."
ELSEWHERE = "An app was set up in another window just now. Look at the page Two-step sign-in of your account."


def setup_facts(user: UserBase) -> dict[str, Any]:
    """What the page shows: the picture to scan and the key to type."""
    secret = totp.setup_secret(user)
    return {"qr": totp.qr_code(totp.provisioning_uri(user, secret)), "key": in_groups(secret), "email": user.email}


def setup_as_json(user: UserBase) -> ResponseReturnValue:
    secret = totp.setup_secret(user)
    return jsonify(secret=secret, uri=totp.provisioning_uri(user, secret))


def confirm_app(user: UserBase, text: str) -> list[str]:
    """Make the app that is being set up the user's, if this is its code, and commit.

    Returns:
        new recovery codes to show once; nothing if the user has some.

    Raises:
        Refused: the code does not fit, or another window was quicker; the text says so.
    """
    secret, user_id = totp.kept_setup(user), user.id
    step = totp.matching_step(secret, plain_code(text)) if secret else None
    if secret is None or step is None:
        raise Refused(WRONG, field="code")
    db.session.rollback()
    if not totp.put_app(user_id, secret, used_step=step):
        db.session.rollback()
        raise Refused(ELSEWHERE, field="code")
    end_trust(user_id)
    codes = factor_added(db.session.get_one(user_class(), user_id), totp.KIND)
    totp.end_setup()
    return codes
