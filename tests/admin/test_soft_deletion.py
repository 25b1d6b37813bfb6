"""Deleting, restoring and purging records of a SoftDeleted model in the dashboard, by who may."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, hidden

from demijohn import Model, db
from demijohn.audit.models import AuditEntry
from demijohn.auth import scope
from demijohn.database import SoftDeleted

ADDRESS = "/admin/soft_crate/deleted/"


class SoftCrate(SoftDeleted, Model):
    name: Mapped[str] = mapped_column(unique=True)
    bottles: Mapped[list["SoftBottle"]] = relationship(back_populates="crate", cascade="all, delete-orphan")


class SoftBottle(SoftDeleted, Model):
    label: Mapped[str]
    crate_id: Mapped[int] = mapped_column(ForeignKey("soft_crate.id"))
    crate: Mapped[SoftCrate] = relationship(back_populates="bottles")


@pytest.fixture
def cellar(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(models=[SoftCrate, SoftBottle], database={"url": database_url})
    add(app, SoftCrate(name="Rhine", bottles=[SoftBottle(label="Riesling")]), SoftCrate(name="Loire"))
    return app


def delete(person: Visitor, key: int) -> str:
    page = person.get(f"/admin/soft_crate/delete/?id={key}")
    fields = {name: hidden(page.text, name) for name in ("id", "record_digest", "url")}
    assert person.send("/admin/soft_crate/delete/", fields).status_code == 302
    return page.text


def marked(app: Flask) -> list[str]:
    """Names of the crates that are marked, as the table holds them."""
    table = SoftCrate.__table__
    with app.app_context():
        return list(db.session.scalars(sa.select(table.c.name).where(table.c.deleted_at.isnot(None)).order_by("id")))


def rows(app: Flask, model: type[Model]) -> int:
    with app.app_context():
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(model.__table__)) or 0)


def actions(app: Flask) -> list[str]:
    with app.app_context():
        entries = sa.select(AuditEntry.action).where(AuditEntry.table == "soft_crate").order_by(AuditEntry.id)
        return list(db.session.scalars(entries))


def test_a_deleted_record_is_found_among_the_deleted_only(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")

    said = delete(clerk, 1)
    listed, after = clerk.get("/admin/soft_crate/").text, clerk.get(ADDRESS).text

    assert "from where it can be restored" in said
    assert ("Undo" in listed, ">Rhine<" in listed, ">Rhine<" in after, ">Loire<" in after) == (True, False, True, False)
    assert marked(cellar) == ["Rhine"]
    for page in ("edit", "details", "delete"):
        assert clerk.get(f"/admin/soft_crate/{page}/?id=1").status_code == 302


def test_its_row_in_lookups_exports_and_search_is_gone(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")
    delete(clerk, 1)

    found = [
        clerk.get("/admin/soft_crate/export/csv/").text,
        clerk.get("/admin/soft_bottle/ajax/lookup/?name=crate&query=Rhi").text,
        clerk.get("/admin/soft_crate/?search=Rhine").text.partition("<tbody")[2].partition("</tbody>")[0],
    ]

    assert ["Rhine" in text for text in found] == [False] * 3


def test_restoring_brings_it_back_with_what_went_with_it(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")
    delete(clerk, 1)

    answer = clerk.send(ADDRESS, {"action": "restore", "rowid": "1"})

    assert (answer.status_code, marked(cellar)) == (302, [])
    assert "Riesling" in clerk.get("/admin/soft_bottle/").text
    assert actions(cellar) == ["create", "create", "soft_delete", "restore"]


def test_deleting_for_good_asks_and_takes_everything_along(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")
    delete(clerk, 1)

    asked = clerk.send(ADDRESS, {"action": "purge", "rowid": "1"})
    before = rows(cellar, SoftCrate)
    fields = {name: hidden(asked.text, name) for name in ("rowid", "rowdigest", "action", "confirmed")}
    done = clerk.send(ADDRESS, fields)

    assert (asked.status_code, before, done.status_code) == (409, 2, 302)
    assert (rows(cellar, SoftCrate), rows(cellar, SoftBottle)) == (1, 0)
    assert actions(cellar)[-1] == "delete"


def test_only_marked_records_are_restored_or_purged_here(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")

    clerk.send(ADDRESS, {"action": "purge", "rowid": "2", "confirmed": "1"})
    clerk.send(ADDRESS, {"action": "restore", "rowid": ["2", "x", "99", "-1"]})

    assert (rows(cellar, SoftCrate), actions(cellar)) == (2, ["create", "create"])


@pytest.mark.parametrize(
    "permissions",
    [(), ("soft_bottle.view",), ("soft_crate.view", "soft_crate.edit", "soft_crate.create")],
    ids=["a stranger", "of another table", "who may not delete"],
)
def test_who_may_not_delete_neither_sees_nor_restores_the_deleted(
    cellar: Flask, visit: Visit, permissions: tuple[str, ...]
) -> None:
    delete(visit(cellar, "*"), 1)
    other = visit(cellar, *permissions)

    seen = other.get(ADDRESS)
    sent = [other.send(ADDRESS, {"action": action, "rowid": "1", "confirmed": "1"}) for action in ("restore", "purge")]

    assert "Rhine" not in seen.text
    assert {seen.status_code, *(answer.status_code for answer in sent)} <= {302, 400, 403}
    assert (marked(cellar), rows(cellar, SoftCrate)) == (["Rhine"], 2)


def test_a_scope_holds_among_the_deleted(cellar: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    delete(visit(cellar, "*"), 1)
    delete(visit(cellar, "*"), 2)
    monkeypatch.setattr(scope, "rows", {**scope.rows, SoftCrate: lambda user: SoftCrate.name == "Loire"})
    keeper = visit(cellar, "soft_crate.view", "soft_crate.delete")

    page = keeper.get(ADDRESS).text
    keeper.send(ADDRESS, {"action": "restore", "rowid": ["1", "2"]})

    assert (">Loire<" in page, "Rhine" in page, marked(cellar)) == (True, False, ["Rhine"])


def test_a_value_that_a_deleted_record_holds_is_named_with_the_way_to_it(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")
    delete(clerk, 1)

    answer = clerk.submit("/admin/soft_crate/new/", name="Rhine")

    assert (answer.status_code, "Already in use" in answer.text) == (422, True)
    assert "A deleted record holds it" in answer.text


def test_a_model_that_really_deletes_has_no_such_page(cellar: Flask, visit: Visit) -> None:
    clerk = visit(cellar, "*")

    assert clerk.get("/admin/role/deleted/").status_code == 404
    assert "/deleted/" not in clerk.get("/admin/role/").text
