"""Models whose rows go, stay or are in the way when what they belong to is deleted."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model


class House(Model):
    __tablename__ = "hostel_house"

    name: Mapped[str]
    rooms: Mapped[list["Room"]] = relationship(back_populates="house", cascade="all, delete-orphan")
    bicycles: Mapped[list["Bicycle"]] = relationship(back_populates="house")

    def __str__(self) -> str:
        return self.name


class Room(Model):
    __tablename__ = "hostel_room"

    house_id: Mapped[int] = mapped_column(ForeignKey("hostel_house.id"))
    house: Mapped[House] = relationship(back_populates="rooms")
    name: Mapped[str]


class Bicycle(Model):
    __tablename__ = "hostel_bicycle"

    house_id: Mapped[int | None] = mapped_column(ForeignKey("hostel_house.id"))
    house: Mapped[House | None] = relationship(back_populates="bicycles")
    name: Mapped[str]


class Review(Model):
    """Taken along by the database alone."""

    __tablename__ = "hostel_review"

    house_id: Mapped[int] = mapped_column(ForeignKey("hostel_house.id", ondelete="CASCADE"))
    body: Mapped[str]


class Invoice(Model):
    __tablename__ = "hostel_invoice"

    house_id: Mapped[int] = mapped_column(ForeignKey("hostel_house.id"))
    body: Mapped[str]
