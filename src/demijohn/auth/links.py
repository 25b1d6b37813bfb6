"""Mailed links: opening one moves its token out of the address, into the session, and leads to a page without it.

So the token reaches neither a Referer nor the browser's list of pages. Opening uses nothing up, because programs that
look mail over for viruses open every link in it; only what is sent from the page does.
"""

from flask import render_template, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.answers import problem
from demijohn.auth.entering import on_to
from demijohn.auth.tokens import FoundToken, Purpose, find_token
from demijohn.errorpages import wants_json

DEAD = "This link no longer works: it was used already, is too old, or a newer one was sent."


def open_link(
    purpose: Purpose, token: str, *, page: str, again: str | None = None, text: str = DEAD
) -> ResponseReturnValue:
    """Lead from the mailed address to the page (an endpoint) that works on the token.

    Args:
        again: the endpoint of the page where a new link can be asked for.
        text: what is said of a dead one.
    """
    if find_token(purpose, token) is None:
        return dead_link(again, text=text)
    session[key(purpose)] = token
    return on_to(None, fallback=url_for(page))


def opened_link(purpose: Purpose) -> tuple[str, FoundToken | None]:
    """The token that this browser opened last for the purpose, and what it is about if it works now."""
    token = session.get(key(purpose), "")
    found = find_token(purpose, token) if token else None
    if token and found is None:
        forget_link(purpose)
    return token, found


def forget_link(purpose: Purpose) -> None:
    session.pop(key(purpose), None)


def key(purpose: Purpose) -> str:
    """Where the session keeps it."""
    return f"_{purpose}_token"


def dead_link(again: str | None = None, *, text: str = DEAD) -> ResponseReturnValue:
    """410 for a link that opens nothing, with the way to a new one."""
    if wants_json():
        return problem(410, detail=text, errors={}, title="Gone")
    return render_template("auth/dead_link.html", text=text, again=again), 410
