"""Capability: what one way in, or one part of the account, adds to the battery, as plain data.

A capability lives in a package of its own below `demijohn.auth`; its `capability` module is imported only where the
settings switch it on, and holds one `CAPABILITY`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.typing import ResponseReturnValue


@dataclass(frozen=True)
class Identified:
    """What a request says of itself beside its session: this user, or nobody that may do anything.

    Attributes:
        by_session: the session stands behind it, so a second factor given there counts.
    """

    user: Any | None
    by_session: bool = False


View = Callable[..., ResponseReturnValue]


def nothing(app: Flask) -> None:
    del app


def none_at_all(user: Any) -> int:
    del user
    return 0


def for_everybody(user: Any) -> bool:
    del user
    return True


@dataclass(frozen=True)
class Rule:
    """One address below `/auth`; the endpoint is `auth.` and the view's name unless it is given."""

    path: str
    view: View
    methods: tuple[str, ...] = ("GET",)
    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """One entry in the navigation of the account pages."""

    endpoint: str
    label: str
    is_shown: Callable[[Any], bool] = for_everybody


@dataclass(frozen=True, kw_only=True)
class WayIn:
    """One more way to sign in, as the sign-in page offers it.

    Attributes:
        template: a part of the page, rendered below the form; gets this as `way`, and `wanted`, where to go then.
        autofill: what it adds to the `autocomplete` of the address field, so that the browser offers it there.
    """

    label: str
    template: str
    endpoint: str
    values: tuple[tuple[str, str], ...] = ()
    autofill: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What must be passed between a first proof of who one is and the session.

    Attributes:
        endpoint: the page that asks for it; the page works on `pending.pending_sign_in()` and calls `pass_step`.
        is_due: whether it is asked of this user (first argument), who came by this door (second: `password`, `link`,
            `passkey`, `oidc`, `remote`).
        asks_second_factor: whoever has given a second factor already is not asked.
    """

    endpoint: str
    is_due: Callable[[Any, str], bool]
    asks_second_factor: bool = False


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way to confirm one's identity before a sensitive step, beside the password.

    Attributes:
        template: a part of the page, rendered below the form; gets this as `proof`, and `wanted`, where to go then.
    """

    template: str
    is_available: Callable[[Any], bool]
    label: str = ""
    endpoint: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class SecondFactor:
    """One kind of second factor that people can set up.

    Attributes:
        kind: its name in the session and in the log (`totp`, `passkey`).
        label: what it is called on pages and in mails, within a sentence: "an app".
        holders: a SELECT of one column: ids of the users who have set it up (users may come twice).
        step_template: a part of the page that asks for a second factor; gets `trust_days`. None if there is none.
        setup_template: a part of the page that asks to set one up before a sign-in goes on. None if there is none.
        account_template: a part of the page "Two-step sign-in" of the account that tells its state and leads on.
        forget: takes it away from the user of this id, in the transaction of `db.session`; the caller commits.
    """

    kind: str
    label: str
    holders: Callable[[], sa.Select[tuple[int]]]
    step_template: str | None
    account_template: str
    forget: Callable[[int], None]
    setup_template: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capability:
    """What is added where; everything is in the order of `capabilities.KNOWN`.

    Attributes:
        start: done once for the application, after Flask-Login was started.
        identify: asked by each request that asks who it is from; an answer settles it without the session.
        count_ways: how many ways to sign in a user has by it, beside the password; nobody's last one is taken.
        arrive: asked when a stranger opens the sign-in page, with where they were going; an answer lets them in, or
            tells them why not, without that page.
        prepare_farewell: called while somebody is about to sign out; what it returns is called when the session is
            over, and its answer is the page they get.
    """

    name: str
    start: Callable[[Flask], None] = nothing
    identify: Callable[[], Identified | None] | None = None
    rules: tuple[Rule, ...] = ()
    account_pages: tuple[AccountPage, ...] = ()
    ways_in: tuple[WayIn, ...] = ()
    count_ways: Callable[[Any], int] = none_at_all
    steps: tuple[Step, ...] = ()
    proofs: tuple[Proof, ...] = ()
    second_factors: tuple[SecondFactor, ...] = ()
    arrive: Callable[[str], ResponseReturnValue | None] | None = None
    prepare_farewell: Callable[[], Callable[[], ResponseReturnValue] | None] | None = None
