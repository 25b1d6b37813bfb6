"""What a class that inherits Model becomes: names, keys, inheritance, and what a record is called."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model, db
from demijohn.database import Timestamped

MakeApp = Callable[..., Flask]


class GardenTool(Model):
    __table_args__ = (sa.UniqueConstraint("maker", "serial"),)
    maker: Mapped[str] = mapped_column(index=True)
    serial: Mapped[str] = mapped_column(unique=True)
    shed_id: Mapped[int | None] = mapped_column(ForeignKey("garden_shed.id"))
    shed: Mapped["GardenShed | None"] = relationship()


class GardenShed(Timestamped, Model):
    size: Mapped[int] = mapped_column(sa.CheckConstraint("size > 0", name="size"))


class Country(Model):
    __tablename__ = "model_country"
    code: Mapped[str] = mapped_column(sa.String(2), primary_key=True)


class Membership(Model):
    __tablename__ = "model_membership"
    shed_id: Mapped[int] = mapped_column(ForeignKey("garden_shed.id"), primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("garden_tool.id"), primary_key=True)


class Rate(Model):
    __tablename__ = "model_rate"
    __table_args__ = (sa.PrimaryKeyConstraint("year", "kind"),)
    year: Mapped[int]
    kind: Mapped[str]


class Keyed:
    key: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


class Parcel(Keyed, Model):
    __tablename__ = "model_parcel"
    weight: Mapped[int]


class Employee(Model):
    __tablename__ = "model_employee"
    kind: Mapped[str] = mapped_column(sa.String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


class Manager(Employee):
    budget: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Employee):
    __tablename__ = "model_engineer"
    id: Mapped[int] = mapped_column(ForeignKey("model_employee.id"), primary_key=True)
    language: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Account(Model):
    __tablename__ = "model_account"
    password_hash: Mapped[str]
    iban: Mapped[str]


class Letter(Model):
    __tablename__ = "model_letter"
    opening: Mapped[str]
    title: Mapped[str | None]


ALL = [GardenTool, GardenShed, Country, Membership, Rate, Parcel, Employee, Manager, Engineer, Account, Letter]


@pytest.fixture
def app(make_data_app: MakeApp, database_url: str) -> Flask:
    return make_data_app(models=ALL, database={"url": database_url})


def test_db_model_is_model() -> None:
    assert db.Model is Model


def test_table_takes_the_class_name_in_snake_case() -> None:
    assert GardenTool.__table__.name == "garden_tool"


def test_constraints_have_names_that_never_change(app: Flask) -> None:
    with app.app_context():
        inspector = sa.inspect(db.engine)
        uniques = {found["name"] for found in inspector.get_unique_constraints("garden_tool")}
        indexes = {found["name"] for found in inspector.get_indexes("garden_tool")} - uniques
        keys = {found["name"] for found in inspector.get_foreign_keys("garden_tool")}
        checks = {found["name"] for found in inspector.get_check_constraints("garden_shed")}

    assert uniques == {"uq_garden_tool_serial", "uq_garden_tool_maker_serial"}
    assert indexes == {"ix_garden_tool_maker"}
    assert keys == {"fk_garden_tool_shed_id_garden_shed"}
    assert checks == {"ck_garden_shed_size"}


@pytest.mark.parametrize(
    ("model", "key"),
    [
        (GardenTool, ["id"]),
        (Country, ["code"]),
        (Membership, ["shed_id", "tool_id"]),
        (Rate, ["year", "kind"]),
        (Parcel, ["key"]),
        (Manager, ["id"]),
        (Engineer, ["id"]),
    ],
)
def test_key_is_id_unless_the_model_has_its_own(model: type[Model], key: list[str]) -> None:
    assert [column.name for column in sa.inspect(model).local_table.primary_key.columns] == key


def test_joined_and_single_table_children_come_back_as_themselves(app: Flask) -> None:
    with app.app_context():
        db.session.add_all([Manager(budget=3), Engineer(language="Python"), Employee()])
        db.session.commit()
    with app.app_context():
        found = db.session.scalars(sa.select(Employee).order_by(Employee.id)).all()

        assert [type(person) for person in found] == [Manager, Engineer, Employee]
        assert Manager.__table__ is Employee.__table__
        assert Engineer.__table__.name == "model_engineer"


def test_record_is_called_by_its_first_telling_text(app: Flask) -> None:
    with app.app_context():
        shed = GardenShed(size=1)
        records = [
            shed,
            GardenTool(maker="Fiskars", serial="1"),
            Account(password_hash="x", iban="DE02"),
            Letter(opening="Dear Sir", title="Offer"),
            Letter(opening="Dear Madam"),
        ]
        db.session.add_all(records)
        db.session.commit()

        assert [str(r) for r in records] == ["GardenShed 1", "Fiskars", "DE02", "Offer", "Dear Madam"]
        assert str(GardenShed(size=2)) == "GardenShed (new)"


def test_record_can_still_be_named_after_its_session_is_gone(app: Flask) -> None:
    with app.app_context():
        shed = GardenShed(size=1)
        db.session.add(shed)
        db.session.commit()

    assert str(shed) == "GardenShed 1"


def test_timestamps_are_aware_and_move_with_changes(app: Flask) -> None:
    before = datetime.now(UTC)
    with app.app_context():
        shed = GardenShed(size=1)
        db.session.add(shed)
        db.session.commit()
        created, first_update = shed.created_at, shed.updated_at
        shed.size = 2
        db.session.commit()

        assert before <= created <= datetime.now(UTC)
        assert first_update == created
        assert shed.updated_at > created
        assert shed.created_at == created
