"""Actions that run in the background: piece by piece, with the rights that their owner has meanwhile.

A piece is one call of the action's method and one transaction. What a piece is refused for is tried once more record by
record, so that one of them does not keep the others from it; those that are refused are named in the end.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from demijohn.admin.asking import answered_by, asks
from demijohn.admin.exports.background import view_named
from demijohn.admin.jobs.queue import enqueue
from demijohn.admin.jobs.runner import JobKind
from demijohn.admin.jobs.work import Work
from demijohn.admin.keys import keys_text, parse_keys
from demijohn.admin.selection import Key, locked
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused
from demijohn.database.base import db

KIND = "admin.action"
PIECE = 100
"""Records of one call; our choice."""
MOST_LATER = 100_000
"""Records of one background action; our choice: their keys are kept with it."""
NAMED = 5
"""Records that were refused and are named in the end."""


def is_long(method: Any) -> bool:
    """Whether the action is declared to run in the background."""
    return bool(getattr(method, "background", False))


def act_later(view: Any, name: str, keys: Sequence[Key], answers: list[tuple[str, str]]) -> int:
    """Queue an action on the records of these keys; the id of the job. The caller commits.

    Raises:
        Refused: the person has too much waiting already.
    """
    texts = [keys_text(key) for key in keys]
    arguments = {"view": view.endpoint, "action": name, "keys": texts, "answers": answers}
    title = f"{view._actions_data[name][1]}: {view.name}"
    return enqueue(KIND, arguments, title=title, total=len(texts)).id


def pieces(keys: Sequence[Any], start: int = 0) -> Iterator[Sequence[Any]]:
    for at in range(start, len(keys), PIECE):
        yield keys[at : at + PIECE]


def permitted_view(work: Work) -> Any:
    """The view of the action, if the person may still run it.

    Raises:
        Refused: they may not, or there is no such action any more.
    """
    view, name = view_named(work.arguments["view"]), work.arguments["action"]
    if name not in view._actions_data:
        raise Refused(gettext("This version of the application does not have this action any more."))
    if not view.is_accessible() or not view.is_action_allowed(name):
        raise Refused(gettext("You may not do this to %(what)s any more.", what=view.name))
    return view


def run(work: Work) -> None:
    """Call the action's method with piece after piece, from where an earlier run stopped."""
    keys, name = work.arguments["keys"], work.arguments["action"]
    at, named, left = (work.kept.get(name, none) for name, none in (("at", 0), ("named", []), ("left", 0)))
    work.done, work.total = at, len(keys)
    view = permitted_view(work)
    if not work.kept.get("is_noted"):
        view.note_action(name, parse_keys(view.model, keys), answers_of(view, work))
        db.session.commit()
        work.keep(is_noted=True)
    for piece in pieces(keys, at):
        view = permitted_view(work)
        refused = act_on(view, name, parse_keys(view.model, piece), answers_of(view, work))
        at, left, named = at + len(piece), left + len(refused), [*named, *refused][:NAMED]
        work.keep(at=at, left=left, named=named)
        work.step(len(piece))
        work.renew()
    work.message = outcome(len(keys) - left, left, named)
    work.result_url, work.result_label = view.get_url(f"{view.endpoint}.index_view"), str(view.name)


def answers_of(view: Any, work: Work) -> dict[str, Any]:
    """The answers of the action's form, read again: what they name may have changed."""
    name = work.arguments["action"]
    method = view._actions_data[name][0]
    if not asks(method):
        return {}
    given: MultiDict[str, str] = MultiDict([(key, text) for key, text in work.arguments["answers"]])
    form = answered_by(view, name, given)
    if not form.validate():
        raise Refused("; ".join(f"{field.label.text}: {field.errors[0]}" for field in form if field.errors))
    return {field.short_name: field.data for field in form}


def act_on(view: Any, name: str, keys: list[Key], answers: dict[str, Any]) -> list[str]:
    """Call the method for these records; the ones that it was not done to, each with the reason."""
    try:
        return call(view, name, keys, answers)
    except Exception as error:  # noqa: BLE001 - `why_not` raises again what nobody can correct
        db.session.rollback()
        why = view.why_not(error)
        if len(keys) == 1:
            return [f"{keys_text(keys[0])}: {why}"]
    return [one for key in keys for one in act_on(view, name, [key], answers)]


def call(view: Any, name: str, keys: list[Key], answers: dict[str, Any]) -> list[str]:
    """Call the method for those of the records that the person sees and may do it to; what is left out."""
    method, verb = view._actions_data[name][0], view.verb_of(name)
    records = [record for record in locked(view, keys) if view.permits(verb, record)]
    done = {view.identity_of(record) for record in records}
    if records:
        method(view.ids_for(records), **answers)
        db.session.commit()
    return [f"{keys_text(key)}: {gettext('Record does not exist.')}" for key in keys if key not in done]


def outcome(done: int, left: int, named: list[str]) -> str:
    """What the owner reads in the end: how many were done, and of those left out the first few with the reason."""
    said = gettext("Done: %(count)s records.", count=f"{done:,}")
    if not left:
        return said
    more = f" … +{left - len(named):,}" if left > len(named) else ""
    return f"{said} {gettext('Not done:')} {'; '.join(named)}{more}"


ACTION_JOB = JobKind(name=KIND, run=run, goes_on=True, can_repeat=False)
