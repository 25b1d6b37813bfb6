"""SoftDeleted marks instead of deleting, hides what is marked, and gives it back; Versioned refuses lost changes."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.exc import StaleDataError

from demijohn import Model, db
from demijohn.database import SoftDeleted, Versioned

MakeApp = Callable[..., Flask]


class SoftFolder(SoftDeleted, Model):
    name: Mapped[str]
    papers: Mapped[list["SoftPaper"]] = relationship(back_populates="folder", cascade="all, delete-orphan")
    stamps: Mapped[list["SoftStamp"]] = relationship(cascade="all, delete-orphan")


class SoftPaper(SoftDeleted, Model):
    title: Mapped[str]
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("soft_folder.id"))
    folder: Mapped[SoftFolder | None] = relationship(back_populates="papers")


class SoftStamp(Model):
    folder_id: Mapped[int] = mapped_column(ForeignKey("soft_folder.id"))


class VersionedNote(Versioned, Model):
    text: Mapped[str]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, make_data_app: MakeApp) -> Iterator[Flask]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    models = [SoftFolder, SoftPaper, SoftStamp, VersionedNote]
    app = make_data_app(models=models, **({"database": {"url": url}} if url else {}))
    with app.app_context():
        db.create_all()
        folder = SoftFolder(name="Bills", papers=[SoftPaper(title="one"), SoftPaper(title="two")], stamps=[SoftStamp()])
        db.session.add_all([folder, SoftFolder(name="Letters"), VersionedNote(text="first")])
        db.session.commit()
        yield app
        db.session.remove()
        db.drop_all()


def delete_bills() -> None:
    db.session.delete(db.session.scalars(sa.select(SoftFolder).filter_by(name="Bills")).one())
    db.session.commit()
    db.session.expunge_all()


def deleted(model: type) -> int:
    table = model.__table__  # type: ignore[attr-defined]
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.deleted_at.isnot(None))))


def test_a_deleted_record_stays_in_its_table_and_is_read_no_more(app: Flask) -> None:
    delete_bills()

    names = db.session.scalars(sa.select(SoftFolder.name)).all()
    everything = sa.select(SoftFolder).order_by(SoftFolder.id).execution_options(include_deleted=True)

    assert (names, db.session.get(SoftFolder, 1)) == (["Letters"], None)
    assert [folder.name for folder in db.session.scalars(everything)] == ["Bills", "Letters"]


def test_counts_subqueries_unions_and_aliases_leave_it_out(app: Flask) -> None:
    delete_bills()
    other = aliased(SoftFolder)
    inner = sa.select(SoftFolder).subquery()
    union = sa.union_all(sa.select(SoftFolder.name), sa.select(SoftFolder.name))

    counts = [
        db.session.scalar(sa.select(sa.func.count()).select_from(SoftFolder)),
        db.session.scalar(sa.select(sa.func.count(SoftFolder.id))),
        db.session.scalar(sa.select(sa.func.count()).select_from(inner)),
        len(db.session.scalars(sa.select(other)).all()),
        len(db.session.execute(union).all()) / 2,
        db.session.query(SoftFolder).count(),
    ]

    assert counts == [1] * 6


@pytest.mark.parametrize("load", [None, joinedload, selectinload], ids=["lazy", "joined", "select in"])
def test_relationships_leave_it_out(app: Flask, load: Callable[..., sa.sql.base.ExecutableOption] | None) -> None:
    db.session.delete(db.session.scalars(sa.select(SoftPaper).filter_by(title="one")).one())
    db.session.commit()
    db.session.expunge_all()
    query = sa.select(SoftFolder).filter_by(name="Bills")

    folder = db.session.scalars(query.options(load(SoftFolder.papers)) if load else query).unique().one()

    assert [paper.title for paper in folder.papers] == ["two"]


def test_what_goes_with_it_is_marked_or_stays(app: Flask) -> None:
    delete_bills()

    assert (deleted(SoftFolder), deleted(SoftPaper)) == (1, 2)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SoftStamp)) == 1


def test_what_is_deleted_by_itself_beside_it_goes(app: Flask) -> None:
    folder = db.session.scalars(sa.select(SoftFolder).filter_by(name="Letters")).one()
    note = db.session.scalars(sa.select(VersionedNote)).one()

    db.session.delete(folder)
    db.session.delete(note)
    db.session.commit()

    assert (deleted(SoftFolder), db.session.scalars(sa.select(VersionedNote)).all()) == (1, [])


def test_restore_brings_back_what_was_deleted_in_the_same_moment(app: Flask) -> None:
    db.session.delete(db.session.scalars(sa.select(SoftPaper).filter_by(title="one")).one())
    db.session.commit()
    delete_bills()
    gone = sa.select(SoftFolder).filter_by(name="Bills").execution_options(include_deleted=True)

    db.session.scalars(gone).one().restore()
    db.session.commit()
    db.session.expunge_all()

    assert [paper.title for paper in db.session.get(SoftFolder, 1).papers] == ["two"]


def test_purge_deletes_for_good_with_everything_below(app: Flask) -> None:
    delete_bills()
    gone = sa.select(SoftFolder).filter_by(name="Bills").execution_options(include_deleted=True)

    db.session.scalars(gone).one().purge()
    db.session.commit()

    tables = [SoftFolder.__table__, SoftPaper.__table__, SoftStamp.__table__]
    assert [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables] == [1, 0, 0]


def test_a_record_that_is_held_can_be_read_after_its_deletion(app: Flask) -> None:
    folder = db.session.scalars(sa.select(SoftFolder).filter_by(name="Letters")).one()

    db.session.delete(folder)
    db.session.commit()

    assert (folder.name, folder.deleted_at is not None) == ("Letters", True)


def test_the_second_of_two_writers_of_a_versioned_record_is_refused(app: Flask) -> None:
    note = db.session.scalars(sa.select(VersionedNote)).one()
    table = VersionedNote.__table__
    db.session.execute(sa.update(table).values(text="theirs", version=table.c.version + 1))
    note.text = "mine"

    with pytest.raises(StaleDataError):
        db.session.flush()
    db.session.rollback()


def test_a_lost_race_is_answered_by_409(app: Flask) -> None:
    @app.post("/note")
    def write() -> str:
        note = db.session.scalars(sa.select(VersionedNote)).one()
        table = VersionedNote.__table__
        db.session.execute(sa.update(table).values(text="theirs", version=table.c.version + 1))
        note.text = "mine"
        db.session.commit()
        return "written"

    answer = app.test_client().post("/note")

    assert (answer.status_code, "Somebody else changed this record" in answer.text) == (409, True)


def test_nothing_listens_without_such_a_model() -> None:
    code = (
        "import sys; from demijohn import Settings, create_app; "
        "create_app('plain', Settings(environment='testing')); print('demijohn.database.softdelete' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip().endswith("False")
