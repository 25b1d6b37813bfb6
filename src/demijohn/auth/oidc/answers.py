"""What people are told on the way to a provider and back: pages, or problem+json for a program.

Nothing that came from the provider is repeated.
"""

from typing import Any

from flask import jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user
from demijohn.auth.answers import problem
from demijohn.auth.extension import auth_of
from demijohn.auth.limits import network
from demijohn.auth.oidc.provider import Provider
from demijohn.errorpages import wants_json
from demijohn.security.throttle import Limit, hit, throttled_response

WORDS: dict[str, tuple[str, str]] = {
    "not_ours": (
        "This sign-in can't be finished",
        "It was not begun in this browser, was finished already, or took longer than 15 minutes. Begin again.",
    ),
    "denied": ("{label} did not let you through", "You or {label} stopped the sign-in. Nothing was changed."),
    "declined": ("{label} could not sign you in", "It did not say why in words for you. Try again in a moment."),
    "unproven": (
        "{label} gave no proof of who you are",
        "Its answer could not be trusted, so you are not signed in. If this stays so, tell your administrator.",
    ),
    "unknown": (
        "There is no account for you here",
        "{label} knows you, but this site has no account for you. Ask an administrator for one.",
    ),
    "unverified": (
        "Your address is not confirmed",
        "{label} did not say that your e-mail address is yours. Confirm it there, then sign in again.",
    ),
    "taken": (
        "You have an account here already",
        "There is an account with your address. Sign in as usual, then connect {label} at Connected accounts there.",
    ),
    "disabled": ("Your account is disabled", "Ask an administrator to enable it."),
    "elsewhere": (
        "That is connected with another account",
        "The person you are at {label} is connected with another account here. Disconnect it there first.",
    ),
    "stranger": (
        "That was somebody else",
        "You signed in at {label} as somebody your account is not connected with.",
    ),
    "stale": (
        "{label} did not ask you again",
        "It did not say that you proved just now who you are. Confirm it another way.",
    ),
    "another": ("Somebody else is signed in now", "Sign in again, and repeat the step."),
}
"""Why -> heading and what to do; `{label}` is the provider's name."""

STATUS = {"unknown": 403, "unverified": 403, "disabled": 403, "taken": 409, "elsewhere": 409}


def problem_page(provider: Provider, why: str, status: int) -> ResponseReturnValue:
    heading, advice = (text.format(label=provider.label) for text in WORDS[why])
    if wants_json():
        return problem(status, detail=f"{heading}. {advice}", errors={})
    return render_template("auth/turned_away.html", heading=heading, advice=advice, back=way_back()), status


def turned_away(provider: Provider, why: str) -> ResponseReturnValue:
    return problem_page(provider, why, STATUS.get(why, 403))


def no_answer(provider: Provider) -> ResponseReturnValue:
    """The provider does not answer; other ways in work as always."""
    heading = f"{provider.label} does not answer"
    advice = "Try again in a moment, or sign in another way."
    if wants_json():
        return problem(503, detail=f"{heading}. {advice}", errors={})
    page = render_template("auth/turned_away.html", heading=heading, advice=advice, back=way_back())
    return page, 503, {"Retry-After": "30"}


def way_back() -> tuple[str, str]:
    """Address and text of the link below what went wrong."""
    if current_user.is_authenticated:
        return url_for("auth.identities"), "Back to your connected accounts"
    return url_for("auth.login"), "Back to sign in"


def leave_for(address: str, provider: Provider) -> ResponseReturnValue:
    """Lead to another site by a page of ours: the policy forbids forms to end up there, a link may.

    Source:
        CSP 3, form-action: browsers hold redirects after a form to it as well.
    """
    if wants_json():
        return jsonify(next=address)
    return render_template("auth/leave.html", address=address, label=provider.label)


def throttled_start() -> ResponseReturnValue | None:
    """Count a way to a provider against the network; the answer to whoever has to wait."""
    section: Any = auth_of().section
    limit = Limit("auth.oidc.network", section.sign_in_address_attempts, section.sign_in_window_seconds)
    verdict = hit(limit, network())
    return None if verdict.allowed else throttled_response(verdict)
