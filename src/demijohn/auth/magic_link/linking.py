"""Sign-in links: mailed, and used up by exactly one browser."""

from dataclasses import dataclass
from datetime import timedelta

from demijohn.auth.accounts import confirm_address, find_user
from demijohn.auth.companions import mail_or_pretend, note
from demijohn.auth.extension import auth_of
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.tokens import consume_token, issue_token
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.urls import public_url_for
from demijohn.state import state_of


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Who came in by a link.

    Attributes:
        lost_password: there was one from before the address was confirmed, which nobody can vouch for.
    """

    user: UserBase
    lost_password: bool


def mail_sign_in_link(address: str, *, remember: bool, wanted: str) -> None:
    """Mail a link that signs in; without an account (or with a disabled one) the same work for nothing. Commits.

    Args:
        address: in its normal form.
        remember: the session that it begins outlives the browser.
        wanted: where to go then.
    """
    section = auth_of().section
    lives_for = timedelta(seconds=section.magic_link_seconds)
    known = find_user(address)
    user = known if known is not None and known.is_active else None
    token = issue_token("link", user, address, lives_for=lives_for, payload={"remember": remember, "next": wanted})
    mail_or_pretend(
        user,
        "sign_in_link",
        to=address,
        subject=f"Sign in to {state_of().name}",
        purpose="link",
        expires_at=now() + lives_for,
        link=public_url_for("auth.link_link", token=token),
        minutes=section.magic_link_seconds // 60,
    )
    note("auth.link_requested", user)
    db.session.commit()


def use_sign_in_link(token: str, user: UserBase) -> Entered | None:
    """Use the link up, note that its address is the user's, and commit; None if another was quicker."""
    user_id = user.id
    if not consume_token("link", token):
        db.session.rollback()
        return None
    fresh = db.session.get_one(user_class(), user_id)
    lost_password = confirm_address(fresh)
    db.session.commit()
    return Entered(user=fresh, lost_password=lost_password)
