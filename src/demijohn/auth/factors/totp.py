"""Codes from an app (TOTP, RFC 6238): secrets sealed at rest, each code used once.

pyotp and segno are imported where a code or a picture is made, never at start.
"""

import base64
import hmac
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, session
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError

from demijohn.auth.factors.models import TotpFactor
from demijohn.auth.factors.recovery import count_of
from demijohn.auth.factors.rules import WINDOW, is_app_code, plain_code, step_of
from demijohn.auth.models import UserBase
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import UnreadableError, seal, unseal, unseal_with_age
from demijohn.state import state_of

KIND = "totp"
SETUP = "_totp_setup"
"""Session key: the sealed secret of an app that is being set up; it counts for nothing until a code confirms it."""

SECRET_BYTES = 20
"""What RFC 4226 (R6) recommends, and every app takes."""


def purpose(user_id: int) -> str:
    """What a secret is sealed for: another account's can't be put in its place."""
    return f"totp:{user_id}"


def holders() -> sa.Select[tuple[int]]:
    return sa.select(TotpFactor.user_id)


def forget(user_id: int) -> None:
    count_of(sa.delete(TotpFactor).where(TotpFactor.user_id == user_id))


def new_secret() -> str:
    import secrets

    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def setup_secret(user: UserBase) -> str:
    """The secret being set up in this session; a new one if there is none."""
    found = kept_setup(user)
    if found is None:
        found = new_secret()
        session[SETUP] = base64.b64encode(seal(this_app(), purpose(user.id), found.encode())).decode()
    return found


def kept_setup(user: UserBase) -> str | None:
    """The secret being set up in this session for this user, if there is one."""
    try:
        return unseal(this_app(), purpose(user.id), base64.b64decode(session.get(SETUP, ""))).decode()
    except UnreadableError:
        return None


def end_setup() -> None:
    session.pop(SETUP, None)


def provisioning_uri(user: UserBase, secret: str) -> str:
    """What the QR code says: the application, the address, the secret."""
    from pyotp import TOTP

    return str(TOTP(secret).provisioning_uri(name=user.email, issuer_name=state_of().name))


def qr_code(text: str) -> Markup:
    """A QR code as inline SVG without style or script, dark on light in both themes, as readers want it."""
    import segno

    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None, title="QR code"
    )
    return Markup(drawn)  # noqa: S704 - segno's own markup; the text is in it as black and white only


def matching_step(secret: str, code: str) -> int | None:
    """The latest time step whose code this is, of the present one and its neighbours; None if it is of none.

    All are compared, so that the time taken says nothing.
    """
    from pyotp import TOTP

    if not is_app_code(code):
        return None
    app, present = TOTP(secret), step_of(now().timestamp())
    steps = [present + beside for beside in WINDOW]
    fits = [step for step in steps if hmac.compare_digest(app.generate_otp(step), code)]
    return max(fits, default=None)


def put_app(user_id: int, secret: str, *, used_step: int) -> bool:
    """Make this the user's app in place of an earlier one; False if another request was quicker. The caller commits."""
    sealed = seal(this_app(), purpose(user_id), secret.encode())
    values = {"sealed_secret": sealed, "last_step": used_step, "created_at": now()}
    if count_of(sa.update(TotpFactor).where(TotpFactor.user_id == user_id).values(values)):
        return True
    try:
        with db.session.begin_nested():
            db.session.add(TotpFactor(user_id=user_id, **values))
    except IntegrityError:
        return False
    return True


def use_app_code(user_id: int, text: str) -> bool:
    """Use a code of the user's app; whether this call was the one that did. The caller commits.

    One UPDATE decides: it takes only a later step than the last, so of several at once the others change nothing.
    """
    found = read_app(user_id)
    if found is None:
        return False
    secret, is_old = opened(found)
    step = matching_step(secret, plain_code(text)) if secret else None
    if step is None:
        return False
    values: dict[str, Any] = {"last_step": step}
    if is_old:
        values["sealed_secret"] = seal(this_app(), purpose(user_id), secret.encode())
    this = sa.and_(
        TotpFactor.id == found.id, TotpFactor.sealed_secret == found.sealed_secret, TotpFactor.last_step < step
    )
    return count_of(sa.update(TotpFactor).where(this).values(values)) == 1


def read_app(user_id: int) -> Any | None:
    columns = sa.select(TotpFactor.id, TotpFactor.user_id, TotpFactor.sealed_secret)
    return db.session.execute(columns.where(TotpFactor.user_id == user_id)).one_or_none()


def opened(found: Any) -> tuple[str, bool]:
    """The secret, and whether an older key sealed it; empty (and an error in the log) if no key opens it."""
    try:
        plain, is_old = unseal_with_age(this_app(), purpose(found.user_id), found.sealed_secret)
    except UnreadableError:
        current_app.logger.error(  # noqa: TRY400 - the exception says no more
            "No key opens the app of user %s: put the earlier key into SECRET_KEY_FALLBACKS, or reset the user's "
            "second factor (flask user reset-two-factor).",
            found.user_id,
        )
        return "", False
    return plain.decode(), is_old


def this_app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app
