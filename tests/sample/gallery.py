"""A back office with every kind of field, for tests of how pages look and behave in a browser."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model


class Room(StrEnum):
    ENTRANCE = "entrance"
    NORTH = "north"
    CELLAR = "cellar"


work_technique = Table(
    "gallery_work_technique",
    Model.metadata,
    Column("work_id", ForeignKey("gallery_work.id"), primary_key=True),
    Column("technique_id", ForeignKey("gallery_technique.id"), primary_key=True),
)


class Artist(Model):
    __tablename__ = "gallery_artist"

    name: Mapped[str] = mapped_column(String(80))
    born_on: Mapped[dt.date | None]
    works: Mapped[list["Work"]] = relationship(back_populates="artist")

    def __str__(self) -> str:
        return self.name


class Technique(Model):
    __tablename__ = "gallery_technique"

    name: Mapped[str] = mapped_column(String(40), unique=True)

    def __str__(self) -> str:
        return self.name


class Work(Model):
    __tablename__ = "gallery_work"

    title: Mapped[str] = mapped_column(String(120), unique=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("gallery_artist.id"))
    artist: Mapped[Artist] = relationship(back_populates="works")
    room: Mapped[Room] = mapped_column(default=Room.ENTRANCE)
    price: Mapped[Decimal]
    on_loan: Mapped[bool] = mapped_column(default=False)
    shown_at: Mapped[dt.datetime | None]
    notes: Mapped[str | None] = mapped_column(Text)
    techniques: Mapped[list[Technique]] = relationship(secondary=work_technique)

    def __str__(self) -> str:
        return self.title


class Donor(Model):
    """Nobody has given anything yet: its list is empty."""

    __tablename__ = "gallery_donor"

    name: Mapped[str] = mapped_column(String(80))
