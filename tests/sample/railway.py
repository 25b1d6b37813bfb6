"""Stations and what belongs to them, by every kind of relation, for tests of related records inside a form."""

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model

station_sticker = Table(
    "rail_station_sticker",
    Model.metadata,
    Column("station_id", ForeignKey("rail_station.id"), primary_key=True),
    Column("sticker_id", ForeignKey("rail_sticker.id"), primary_key=True),
)


class Station(Model):
    __tablename__ = "rail_station"

    name: Mapped[str] = mapped_column(String(40))
    departures: Mapped[list["Trip"]] = relationship(back_populates="origin", foreign_keys="Trip.origin_id")
    arrivals: Mapped[list["Trip"]] = relationship(back_populates="destination", foreign_keys="Trip.destination_id")
    clock: Mapped["Clock | None"] = relationship(back_populates="station")
    stickers: Mapped[list["Sticker"]] = relationship(secondary=station_sticker, back_populates="stations")
    amenities: Mapped[list["Amenity"]] = relationship(back_populates="station")

    def __str__(self) -> str:
        return self.name


class Trip(Model):
    """Belongs to two stations."""

    __tablename__ = "rail_trip"

    code: Mapped[str] = mapped_column(String(20))
    seats: Mapped[int] = mapped_column(default=40)
    place: Mapped[int] = mapped_column(default=0)
    origin_id: Mapped[int] = mapped_column(ForeignKey("rail_station.id"))
    origin: Mapped[Station] = relationship(back_populates="departures", foreign_keys=[origin_id])
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("rail_station.id"))
    destination: Mapped[Station | None] = relationship(back_populates="arrivals", foreign_keys=[destination_id])

    def __str__(self) -> str:
        return self.code


class Clock(Model):
    """A station has one at most."""

    __tablename__ = "rail_clock"

    maker: Mapped[str] = mapped_column(String(40))
    station_id: Mapped[int] = mapped_column(ForeignKey("rail_station.id"), unique=True)
    station: Mapped[Station] = relationship(back_populates="clock")


class Sticker(Model):
    """Linked to many stations."""

    __tablename__ = "rail_sticker"

    text: Mapped[str] = mapped_column(String(40))
    stations: Mapped[list[Station]] = relationship(secondary=station_sticker, back_populates="stickers")


class Facility(Model):
    __tablename__ = "rail_facility"

    name: Mapped[str] = mapped_column(String(40))

    def __str__(self) -> str:
        return self.name


class Amenity(Model):
    """A facility at a station, keyed by both, with a note of its own."""

    __tablename__ = "rail_amenity"

    station_id: Mapped[int] = mapped_column(ForeignKey("rail_station.id"), primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("rail_facility.id"), primary_key=True)
    note: Mapped[str] = mapped_column(String(80), default="")
    station: Mapped[Station] = relationship(back_populates="amenities")
    facility: Mapped[Facility] = relationship()
