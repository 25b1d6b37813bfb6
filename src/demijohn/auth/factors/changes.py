"""What a change of second factors means, whichever kind it is: logged, mailed, other sessions ended, codes made."""

from dataclasses import replace

from demijohn.auth.companions import end_session_rows, note
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.factors.recovery import codes_left, forget_codes, issue_codes
from demijohn.auth.factors.registry import factors_of, second_factors
from demijohn.auth.factors.trust import end_trust
from demijohn.auth.guards import Refused
from demijohn.auth.login import current_user, mark_identity_confirmed, mark_second_factor, renew_session
from demijohn.auth.models import UserBase, new_stamp
from demijohn.auth.notices import tell_owner
from demijohn.auth.pending import keep, pending_sign_in
from demijohn.database.base import db

NEEDED = "Your account must have a second factor. Set up another one first."


def factor_added(user: UserBase, kind: str, *, notice: str = "two_factor_on", **words: str) -> list[str]:
    """Finish the set-up of a factor that this request has just written and seen to work, and commit.

    The first one ends every other session of the user, who may have been somebody else; this one (or the sign-in under
    way) goes on, and has given a second factor.

    Args:
        notice: what is mailed to the user.
        words: what the notice names.

    Returns:
        new recovery codes to show once, if the user had none; else nothing.
    """
    db.session.flush()
    if [factor.kind for factor in factors_of(user)] == [kind]:
        user.security_stamp = new_stamp()
        end_session_rows(user.id, except_current=True)
    codes = [] if codes_left(user.id) else issue_codes(user.id)
    note("auth.second_factor_added", user, by_user=True, changes={"kind": kind})
    tell_owner(user, notice, **{"factor": label_of(kind), **words})
    db.session.commit()
    go_on_with(user, kind)
    return codes


def go_on_with(user: UserBase, kind: str) -> None:
    """Keep this session, or the sign-in under way, through the change of the stamp."""
    pending = pending_sign_in()
    if current_user.is_authenticated and current_user.get_id() == user.get_id():
        renew_session(user)
        mark_second_factor(kind)
        mark_identity_confirmed()
    elif pending is not None and pending.user_id == user.id:
        keep(replace(pending, stamp=user.security_stamp, factor=kind))


def remove_factor(user: UserBase, kind: str) -> None:
    """Take one kind of factor away from its owner, and commit. Without any, codes and trusted devices go too.

    Raises:
        Refused: it is the last one, and the settings ask for one.
    """
    left = [factor.kind for factor in factors_of(user) if factor.kind != kind]
    if not left and must_have_second_factor(user):
        raise Refused(NEEDED)
    next(factor for factor in second_factors() if factor.kind == kind).forget(user.id)
    factor_removed(user, kind)


def factor_removed(user: UserBase, kind: str, *, notice: str = "two_factor_off", **words: str) -> None:
    """Finish the removal of a factor that this request has just deleted, and commit.

    Args:
        notice: what is mailed to the user.
        words: what the notice names.
    """
    db.session.flush()
    end_trust(user.id)
    if not factors_of(user):
        forget_codes(user.id)
    note("auth.second_factor_removed", user, changes={"kind": kind})
    tell_owner(user, notice, **{"factor": label_of(kind), **words})
    db.session.commit()


def new_recovery_codes(user: UserBase) -> list[str]:
    """New recovery codes to show once, in place of the earlier ones; commits."""
    codes = issue_codes(user.id)
    note("auth.recovery_codes_made", user)
    tell_owner(user, "recovery_codes_new")
    db.session.commit()
    return codes


def reset_second_factors(user: UserBase) -> None:
    """Take every factor, recovery code and trusted device away from somebody, end their sessions, tell them, commit."""
    for factor in second_factors():
        factor.forget(user.id)
    forget_codes(user.id)
    end_trust(user.id)
    user.security_stamp = new_stamp()
    end_session_rows(user.id)
    note("auth.second_factors_reset", user)
    tell_owner(user, "two_factor_reset")
    db.session.commit()


def label_of(kind: str) -> str:
    return next((factor.label for factor in second_factors() if factor.kind == kind), kind)
