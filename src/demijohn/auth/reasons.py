"""Why somebody may or may not do something: pure functions over plain values, which say it in sentences.

Imports neither Flask nor the database.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What there is to know about one question.

    Attributes:
        who: the user, as people know them.
        permission: what is asked; `nearest` is the name that was meant, if there is no such permission.
        roles: the user's roles; `giving` those of them that hold the permission, `others` further roles that do.
        row: the record in question as people read it, None if none is; `row_is_there` whether there is one, `scopes`
            the functions that say which rows the user sees, `row_is_seen` what they say.
        field: the field in question; `field_rules` what its rules ask, each with whether the user meets it.
    """

    who: str
    permission: str
    is_known: bool
    nearest: str | None
    is_active: bool
    is_superuser: bool
    roles: tuple[str, ...]
    giving: tuple[str, ...]
    others: tuple[str, ...]
    is_entry: bool = False
    row: str | None = None
    row_is_there: bool = True
    row_is_seen: bool = True
    scopes: tuple[str, ...] = ()
    field: str | None = None
    field_rules: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One step of the answer: `passes` is None where it only tells, and decides nothing."""

    text: str
    passes: bool | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer, in one sentence and step by step."""

    may: bool
    summary: str
    reasons: tuple[Reason, ...]


def explained(facts: Facts) -> Explanation:
    """Whether the user may, and each step that says so."""
    reasons = (*account(facts), *permission(facts), *row(facts), *field(facts))
    may = all(reason.passes is not False for reason in reasons)
    on = f" on {facts.row}" if facts.row else ""
    part = f", field {facts.field}" if facts.field else ""
    summary = f"{facts.who} {'may' if may else 'may not'} {facts.permission}{on}{part}."
    return Explanation(may=may, summary=summary, reasons=reasons)


def account(facts: Facts) -> list[Reason]:
    if not facts.is_active:
        return [Reason(text="The account is disabled, so it may do nothing.", passes=False)]
    state = "a superuser, who may do everything" if facts.is_superuser else "no superuser, so roles and scopes count"
    return [Reason(text="The account is active.", passes=True), Reason(text=f"It is {state}.", passes=None)]


def permission(facts: Facts) -> list[Reason]:
    """What the roles say; a name that nobody can hold is said first."""
    found: list[Reason] = []
    if not facts.is_known:
        meant = f" Did you mean {facts.nearest}?" if facts.nearest else ""
        found.append(Reason(text=f"There is no permission {facts.permission}.{meant}", passes=None))
    if facts.is_superuser:
        return found
    return [*found, from_roles(facts)]


def from_roles(facts: Facts) -> Reason:
    name = facts.permission
    if facts.giving:
        what = f"{name}, which comes with any permission" if facts.is_entry else name
        return Reason(text=f"{listed('Role', facts.giving)} {gives(facts.giving)} {what}.", passes=True)
    have = f"None of its roles ({', '.join(facts.roles)})" if facts.roles else "It has no role, so nothing"
    other = f" {listed('Role', facts.others)} would." if facts.others else " No role does." if facts.is_known else ""
    return Reason(text=f"{have} gives it {name}.{other}", passes=False)


def row(facts: Facts) -> list[Reason]:
    if facts.row is None:
        return []
    if not facts.row_is_there:
        return [Reason(text=f"There is no {facts.row}.", passes=False)]
    if facts.is_superuser:
        return []
    if not facts.scopes:
        return [Reason(text=f"{facts.row}: no scope keeps a row of this model from anybody.", passes=True)]
    said = "lets it see" if facts.row_is_seen else "does not let it see"
    return [Reason(text=f"{listed('Scope', facts.scopes)} {said} {facts.row}.", passes=facts.row_is_seen)]


def field(facts: Facts) -> list[Reason]:
    if facts.field is None or facts.is_superuser:
        return []
    if not facts.field_rules:
        return [Reason(text=f"No rule closes the field {facts.field}.", passes=True)]
    return [
        Reason(text=f"The field {facts.field} asks for {asked}: {'met' if met else 'not met'}.", passes=met)
        for asked, met in facts.field_rules
    ]


def listed(noun: str, names: tuple[str, ...]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def gives(names: tuple[str, ...]) -> str:
    return "give" if len(names) > 1 else "gives"
