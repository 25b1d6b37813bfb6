"""Roles against permissions: who holds what at a glance, one role's boxes to tick, and why somebody may or may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, flash, jsonify, redirect, request
from flask_admin import BaseView, expose
from sqlalchemy.orm import selectinload

from demijohn.admin.access import may, turn_away
from demijohn.admin.digests import is_unchanged, record_digest
from demijohn.admin.formatting import in_words
from demijohn.admin.permissions_field import GENERAL, grouped
from demijohn.admin.scoping import for_me
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.explaining import explain
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.models import Role, user_class
from demijohn.auth.permissions import ACTIONS, ADMIN_ACCESS, all_permissions, held_by
from demijohn.auth.reasons import Explanation
from demijohn.auth.rows import forget_rows, in_scope
from demijohn.database.base import db
from demijohn.errorpages import wants_json

CONFLICT, INVALID = 409, 422
LETTERS = {action: (action[0] if action != "export" else "x").upper() for action in ACTIONS}
"""How the overview writes an action: V C E D X."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """The permissions of one table: action -> name, and those that are about something else of it."""

    title: str
    names: dict[str, str]
    others: list[str]


def lines_of(names: Iterable[str]) -> tuple[list[Line], list[str]]:
    """One line a table, and the permissions that belong to none."""
    lines, general = [], []
    for table, group in grouped(names).items():
        if table == GENERAL:
            general = group
            continue
        known = {name.rpartition(".")[2]: name for name in group if name.rpartition(".")[2] in ACTIONS}
        others = [name for name in group if name not in known.values()]
        lines.append(Line(title=in_words(table), names=known, others=others))
    return lines, general


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody else did to the role since it was shown."""

    added: list[str]
    taken: list[str]


class RightsPage(BaseView):
    """`/admin/rights/`: for people who may view roles."""

    def is_accessible(self) -> bool:
        return may("role.view") and may("role.view", None, "permissions")

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        del name, kwargs
        return turn_away()

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    @expose("/")
    def index(self) -> Any:
        """Every role against every table; JSON for programs."""
        roles = list(
            db.session.scalars(for_me(sa.select(Role), Role).options(selectinload(Role.grants)).order_by(Role.name))
        )
        held = {role.id: frozenset(role.permissions) for role in roles}
        if wants_json():
            return jsonify({"roles": {role.name: sorted(held[role.id]) for role in roles}, "permissions": known()})
        lines, general = lines_of({*known(), *(name for names in held.values() for name in names)})
        return self.render(
            "admin/rights/matrix.html", roles=roles, held=held, lines=lines, general=general, letters=LETTERS
        )

    @expose("/<int:role_id>/", methods=("GET", "POST"))
    def role(self, role_id: int) -> Any:
        """One role's boxes; 409 if somebody changed it since it was shown, 422 if the person may not give that."""
        role = self.found(role_id)
        if request.method == "GET":
            return self.role_page(role, chosen=set(role.permissions))
        if not self.may_edit(role):
            return turn_away()
        chosen = self.chosen(role)
        if not is_unchanged(role, ["permissions"], request.form.getlist("record_digest")):
            return self.conflict(role, chosen)
        problem = self.save(role, chosen)
        if problem is not None:
            return self.role_page(self.found(role_id), chosen=chosen, problem=problem), INVALID
        flash(gettext("What %(role)s may do was saved.", role=role.name), "success")
        return redirect(self.get_url(".role", role_id=role_id))

    def found(self, role_id: int) -> Role:
        """The role, its row held until commit if the form was sent; 404 if it is not there for this person."""
        wanted = for_me(sa.select(Role).where(Role.id == role_id), Role)
        if role_id >= 2**63:
            abort(404)
        if request.method == "POST":
            wanted = wanted.with_for_update().execution_options(populate_existing=True)
            forget_rows()
        role: Role | None = db.session.scalars(wanted).one_or_none()
        return role if role is not None else abort(404)

    def may_edit(self, role: Role) -> bool:
        return may("role.edit", role) and may("role.edit", role, "permissions")

    def chosen(self, role: Role) -> set[str]:
        """What was ticked, with what the person could not touch left as it is."""
        sent = set(request.form.getlist("permissions"))
        return sent | (set(role.permissions) - set(self.open_boxes(role)))

    def open_boxes(self, role: Role) -> list[str]:
        """The permissions that this person can tick or clear in this role; none if it holds what they lack."""
        held = held_by(current_user)
        is_above = not all(name in held for name in set(role.permissions) - {ADMIN_ACCESS})
        return (
            []
            if is_above or not self.may_edit(role)
            else [n for n in self.names(role) if n in held or n == ADMIN_ACCESS]
        )

    def names(self, role: Role) -> list[str]:
        return list(dict.fromkeys([*known(), *sorted(role.permissions)]))

    def save(self, role: Role, chosen: set[str]) -> str | None:
        """Store the choice, and commit; what is wrong with it, if it is refused."""
        unknown = sorted(chosen - set(self.names(role)))
        if unknown:
            db.session.rollback()
            return f"There is no permission {unknown[0][:100]!r}."
        try:
            with db.session.no_autoflush:
                role.permissions = chosen
                refuse_overreach(current_user, role)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            return str(refused)
        return None

    def conflict(self, role: Role, chosen: set[str]) -> Any:
        now, shown = set(role.permissions), set(request.form.getlist("shown"))
        change = Change(added=sorted(now - shown), taken=sorted(shown - now))
        page = self.role_page(role, chosen=chosen & set(self.names(role)), change=change)
        db.session.rollback()
        return page, CONFLICT

    def role_page(
        self, role: Role, *, chosen: set[str], problem: str | None = None, change: Change | None = None
    ) -> Any:
        lines, general = lines_of(self.names(role))
        return self.render(
            "admin/rights/role.html",
            role=role,
            chosen=chosen,
            shown=sorted(role.permissions),
            lines=lines,
            general=general,
            actions=ACTIONS,
            open_boxes=set(self.open_boxes(role)),
            may_edit=self.may_edit(role),
            digest=record_digest(role, ["permissions"]),
            problem=problem,
            change=change,
        )

    @expose("/why/")
    def why(self) -> Any:
        """Why somebody may or may not do something; asks `user.view` too, and tells nothing about rows out of sight."""
        if not may("user.view"):
            return turn_away()
        asked = {name: request.args.get(name, "").strip()[:255] for name in ("email", "permission", "key", "field")}
        found, problem = self.answer(asked) if asked["email"] and asked["permission"] else (None, None)
        if wants_json():
            return as_json(found, problem)
        return self.render("admin/rights/why.html", asked=asked, found=found, problem=problem, permissions=known())

    def answer(self, asked: dict[str, str]) -> tuple[Explanation | None, str | None]:
        """The explanation, or what is wrong with the question."""
        model = user_class()
        person = db.session.scalars(for_me(sa.select(model).where(model.email == asked["email"]), model)).one_or_none()
        if person is None:
            return None, "There is no account with this address."
        try:
            return explain(
                person,
                asked["permission"].replace("\x00", ""),
                key=asked["key"] or None,
                field=asked["field"] or None,
                is_there=lambda record: in_scope(current_user, record),
            ), None
        except Refused as refused:
            return None, str(refused)


def known() -> list[str]:
    app: Any = current_app
    return all_permissions(app._get_current_object())


def as_json(found: Explanation | None, problem: str | None) -> Any:
    if found is None:
        abort(INVALID, description=problem or "Say which account and which permission: ?email=…&permission=…")
    reasons = [{"text": reason.text, "passes": reason.passes} for reason in found.reasons]
    return jsonify({"may": found.may, "summary": found.summary, "reasons": reasons})
