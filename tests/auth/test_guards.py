"""The last superuser stays, rights are not given by who lacks them, and sessions do not outlive rights."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import find, make_user
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.models import OneTimeToken, Role, UserBase, user_class
from demijohn.auth.tokens import issue_token

Change = Callable[[UserBase], Any]


def demote(user: UserBase) -> None:
    user.is_superuser = False


def disable(user: UserBase) -> None:
    user.is_active = False


def bulk(**values: Any) -> Change:
    def run(user: UserBase) -> None:
        db.session.execute(sa.update(user_class()).where(user_class().id == user.id).values(**values))

    return run


def core_update(user: UserBase) -> None:
    table: Any = user_class().__table__
    db.session.execute(sa.update(table).values({table.c.is_active: False}))


def by_key(user: UserBase) -> None:
    db.session.execute(sa.update(user_class()), [{"id": user.id, "is_superuser": False}])


def legacy_query(user: UserBase) -> None:
    db.session.query(user_class()).filter_by(id=user.id).update({"is_superuser": False})


def delete(user: UserBase) -> None:
    db.session.delete(user)


DOORS: dict[str, Change] = {
    "demoted": demote,
    "disabled": disable,
    "deleted": delete,
    "bulk demote": bulk(is_superuser=False),
    "bulk disable by expression": bulk(is_active=sa.false()),
    "bulk delete": lambda user: db.session.execute(sa.delete(user_class())),
    "core update": core_update,
    "core delete": lambda user: db.session.execute(sa.delete(user_class().__table__)),
    "bulk by key": by_key,
    "legacy query": legacy_query,
    "text": lambda user: db.session.execute(sa.text('UPDATE "user" SET is_superuser = false WHERE 1 = 1')),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_the_last_active_superuser_stays(app: Flask, door: Change) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app, "off@example.com", is_superuser=True, is_active=False)

    def go() -> None:
        door(find("boss@example.com"))
        db.session.commit()

    with app.app_context(), pytest.raises(Refused, match="last active superuser"):
        go()

    with app.app_context():
        boss = find("boss@example.com")
        assert boss.is_active
        assert boss.is_superuser


@pytest.mark.parametrize("door", ["demoted", "disabled", "deleted", "bulk demote", "bulk by key", "legacy query"])
def test_one_of_two_superusers_may_go(app: Flask, door: str) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app, "other@example.com", is_superuser=True)

    with app.app_context():
        DOORS[door](find("boss@example.com"))
        db.session.commit()

        standing = sa.select(user_class().email).where(user_class().is_active, user_class().is_superuser)
        assert list(db.session.scalars(standing)) == ["other@example.com"]


def test_power_can_be_handed_over_in_one_step(app: Flask) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app, "heir@example.com")

    with app.app_context():
        find("boss@example.com").is_superuser = False
        with db.session.no_autoflush:
            find("heir@example.com").is_superuser = True
        db.session.commit()

        assert find("heir@example.com").is_superuser


def test_two_superusers_cannot_remove_each_other_at_once(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database={"url": database_url})
    ids = [make_user(app, f"boss{number}@example.com", is_superuser=True) for number in range(2)]
    start = Barrier(2)

    def remove(user_id: int) -> bool:
        with app.app_context():
            user = db.session.get_one(user_class(), user_id)
            db.session.commit()
            start.wait()
            user.is_superuser = False
            try:
                db.session.commit()
            except Refused:
                db.session.rollback()
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        removed = list(pool.map(remove, ids))

    assert sorted(removed) == [False, True]


@pytest.mark.parametrize(
    "change",
    [demote, disable, bulk(is_active=False), bulk(password_hash="x"), legacy_query],
    ids=["demote", "disable", "bulk disable", "bulk password", "legacy"],
)
def test_a_change_of_rights_changes_the_stamp_and_kills_tokens(app: Flask, change: Change) -> None:
    make_user(app, "keeps@example.com", is_superuser=True)
    make_user(app, is_superuser=True)
    with app.app_context():
        before = find("ada@example.com").security_stamp
        change(find("ada@example.com"))
        db.session.commit()

        assert find("ada@example.com").security_stamp != before


def test_a_change_of_roles_changes_the_stamp(app: Flask) -> None:
    make_user(app)
    with app.app_context():
        user = find("ada@example.com")
        stamps = [user.security_stamp]
        role = Role(name="sales", permissions={"order.view"})
        user.roles = [role]
        db.session.commit()
        stamps.append(user.security_stamp)
        db.session.delete(role)
        db.session.commit()
        stamps.append(user.security_stamp)

        assert len(set(stamps)) == 3


@pytest.mark.parametrize("values", [{"email": "new@example.com"}, {"password_hash": "x"}, {"is_active": False}])
def test_mailed_tokens_die_with_a_change_of_the_account(app: Flask, values: dict[str, Any]) -> None:
    from datetime import timedelta

    make_user(app)
    with app.app_context():
        user = find("ada@example.com")
        issue_token("reset", user, user.email, lives_for=timedelta(hours=1))
        db.session.commit()
        for name, value in values.items():
            setattr(user, name, value)
        db.session.commit()

        assert db.session.scalar(sa.select(sa.func.count()).select_from(OneTimeToken)) == 0


def clerk(*permissions: str) -> UserBase:
    user = user_class()(email="clerk@example.com", roles=[Role(name="clerk", permissions=set(permissions))])
    db.session.add(user)
    db.session.commit()
    return user


def give_role(target: UserBase) -> None:
    target.roles = [Role(name="strong", permissions={"order.delete"})]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (lambda target: setattr(target, "is_superuser", True), False),
        (give_role, False),
        (lambda target: setattr(target, "roles", [Role(name="weak", permissions={"order.view"})]), True),
        (lambda target: setattr(target, "name", "Ada"), True),
    ],
    ids=["superuser", "stronger role", "weaker role", "name"],
)
def test_nobody_gives_a_right_they_do_not_have(app: Flask, change: Change, allowed: bool) -> None:
    make_user(app)
    with app.app_context():
        actor = clerk("user.edit", "order.view")
        target = find("ada@example.com")
        change(target)

        if allowed:
            refuse_overreach(actor, target)
        else:
            with pytest.raises(Refused):
                refuse_overreach(actor, target)


def test_nobody_changes_who_has_more_rights(app: Flask) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app)
    with app.app_context():
        give_role(find("ada@example.com"))
        db.session.commit()
        actor = clerk("user.edit", "role.edit")
        for email in ("boss@example.com", "ada@example.com"):
            target = find(email)
            with db.session.no_autoflush:
                target.email = "mine@example.com"
                with pytest.raises(Refused):
                    refuse_overreach(actor, target)
            db.session.rollback()


def test_a_role_takes_only_rights_its_editor_has(app: Flask) -> None:
    with app.app_context():
        actor = clerk("role.edit", "order.view")
        mine = Role(name="new", permissions={"order.view", "admin.access"})
        refuse_overreach(actor, mine)
        mine.permissions.add("order.delete")

        with pytest.raises(Refused, match=r"order\.delete"):
            refuse_overreach(actor, mine)


def test_a_superuser_gives_what_they_like(app: Flask) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app)
    with app.app_context():
        target = find("ada@example.com")
        give_role(target)

        refuse_overreach(find("boss@example.com"), target)
