"""Only an application's own tables are created, in the right database, and never those of someone else."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model, db
from demijohn.database.ownership import application_models, owned_tables
from demijohn.errors import SetupError

MakeApp = Callable[..., Flask]


class Film(Model):
    __tablename__ = "own_film"
    name: Mapped[str]
    actors: Mapped[list["Actor"]] = relationship(secondary="own_film_actor")


class Actor(Model):
    __tablename__ = "own_actor"
    name: Mapped[str]


film_actor = db.Table(
    "own_film_actor",
    sa.Column("film_id", ForeignKey("own_film.id"), primary_key=True),
    sa.Column("actor_id", ForeignKey("own_actor.id"), primary_key=True),
)


class Invoice(Model):
    __tablename__ = "own_invoice"
    number: Mapped[int]


class Reading(Model):
    __tablename__ = "own_reading"
    __bind_key__ = "measurements"
    value: Mapped[int]


class LegacyPrice(Model):
    """A table another program owns: composite text key, decimals as it keeps them."""

    __tablename__ = "legacy_price"
    managed = False
    shop: Mapped[str] = mapped_column(primary_key=True)
    article: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[float] = mapped_column(sa.Numeric(10, 2, asdecimal=False))


class LegacyView(Model):
    __tablename__ = "legacy_view"
    managed = False
    shop: Mapped[str] = mapped_column(primary_key=True)
    articles: Mapped[int]


def table_names(app: Flask, key: str | None = None) -> list[str]:
    with app.app_context():
        return sorted(sa.inspect(db.engines[key]).get_table_names())


def test_two_applications_do_not_see_each_others_tables(make_data_app: MakeApp) -> None:
    cinema = make_data_app("json", models=[Film, Actor])
    office = make_data_app("json", models=[Invoice])

    assert table_names(cinema) == ["own_actor", "own_film", "own_film_actor"]
    assert table_names(office) == ["own_invoice"]
    assert application_models(office) == [Invoice]


def test_dropping_one_applications_tables_leaves_the_others(make_data_app: MakeApp, database_url: str) -> None:
    cinema = make_data_app("json", models=[Film, Actor], database={"url": database_url})
    office = make_data_app("json", models=[Invoice], database={"url": database_url})

    with office.app_context():
        db.drop_all()

    assert table_names(cinema) == ["own_actor", "own_film", "own_film_actor"]


def test_models_are_those_of_the_module_or_package_of_the_application(make_data_app: MakeApp) -> None:
    app = make_data_app("shop")

    assert sorted(model.__name__ for model in application_models(app)) == ["Customer", "Order"]


def test_tables_of_a_battery_that_is_off_are_not_made(make_app: MakeApp) -> None:
    without = make_app("shop", features={"auth": False, "admin": False})

    assert "user" not in table_names(without)
    assert {"customer", "order"} <= set(table_names(without))


def test_bind_key_sends_a_model_to_its_own_database(make_data_app: MakeApp, tmp_path: Path, database_url: str) -> None:
    app = make_data_app(
        "json",
        models=[Film, Actor, Reading],
        database={"url": f"sqlite:///{tmp_path}/main.db", "binds": {"measurements": database_url}},
    )

    assert "own_reading" not in table_names(app)
    assert table_names(app, "measurements") == ["own_reading"]
    with app.app_context():
        db.session.add_all([Film(name="Heat"), Reading(value=7)])
        db.session.commit()
    with app.app_context():
        with db.engines["measurements"].connect() as connection:
            assert connection.scalar(sa.text("SELECT value FROM own_reading")) == 7
        assert db.session.scalar(sa.select(Reading.value)) == 7


def test_unmanaged_table_is_neither_made_nor_dropped_but_can_be_used(make_data_app: MakeApp, database_url: str) -> None:
    app = make_data_app(
        "json", create_tables=False, models=[LegacyPrice, LegacyView, Invoice], database={"url": database_url}
    )
    with app.app_context():
        db.session.execute(
            sa.text(
                "CREATE TABLE legacy_price (shop VARCHAR(9), article VARCHAR(9), price NUMERIC(10, 2), "
                "PRIMARY KEY (shop, article))"
            )
        )
        db.session.execute(sa.text("CREATE VIEW legacy_view AS SELECT shop, 1 AS articles FROM legacy_price"))
        db.session.execute(sa.text("INSERT INTO legacy_price VALUES ('north', 'a', 9.95)"))
        db.session.commit()
        db.create_all()

        assert owned_tables(app) == [Invoice.__table__]
        assert db.session.get(LegacyPrice, ("north", "a")).price == 9.95
        assert db.session.scalars(sa.select(LegacyView.articles)).all() == [1]
        db.session.rollback()
        db.drop_all()
        assert table_names(app) == ["legacy_price"]


def test_reflected_table_can_be_mapped(make_data_app: MakeApp) -> None:
    app = make_data_app("json", create_tables=False)
    with app.app_context():
        db.session.execute(sa.text("CREATE TABLE old_stock (sku TEXT PRIMARY KEY, price NUMERIC)"))
        db.session.execute(sa.text("INSERT INTO old_stock VALUES ('x', 1.5)"))
        db.session.commit()

        class OldStock(Model):
            managed = False
            __table__ = sa.Table("old_stock", Model.metadata, autoload_with=db.engine)

        assert db.session.scalars(sa.select(OldStock)).one().sku == "x"
        assert str(db.session.scalars(sa.select(OldStock)).one()) == "OldStock x"
        assert float(db.session.scalar(sa.select(OldStock.price))) == 1.5
        assert db.session.scalar(sa.select(OldStock.sku).where(OldStock.price == 1.5)) == "x"


class Owing(Model):
    __tablename__ = "own_owing"
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))


def start(make: MakeApp, model: type[Model], **features: Any) -> Flask:
    return make("json", models=[model], create_tables=False, features=features)


def test_foreign_key_to_a_battery_that_is_off_is_refused_with_the_switch(make_data_app: MakeApp, app: Flask) -> None:
    del app  # makes the user table known to the process

    with pytest.raises(SetupError) as refused:
        start(make_data_app, Owing)

    assert "own_owing.user_id refers to user.id, a table of 'auth', which is off" in refused.value.problem
    assert "FLASK_FEATURES__AUTH=true" in refused.value.fix


def test_foreign_key_to_nowhere_is_refused_by_name() -> None:
    code = (
        "import sqlalchemy as sa\n"
        "from demijohn import Model, Settings, create_app\n"
        "from sqlalchemy.orm import Mapped, mapped_column\n"
        "class Note(Model):\n"
        "    page_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey('page.id'))\n"
        "create_app('__main__', Settings(environment='testing', secret_key='k' * 40))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "note.page_id refers to page.id, a table no model makes" in done.stderr
