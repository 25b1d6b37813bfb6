"""The tickets battery: its settings, and solved tickets that close by themselves."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import ColumnElement, func, select

from demijohn import Battery, db
from demijohn.clock import now
from demijohn.contributions import Job
from example_app.tickets.models import Ticket, TicketState
from example_app.tickets.settings import TicketSettings

BATCH = 100


def init(app: Flask, section: TicketSettings) -> None:
    app.extensions["tickets"] = section


def section_of(app: Flask) -> TicketSettings:
    section: TicketSettings = app.extensions["tickets"]
    return section


def is_forgotten(app: Flask) -> ColumnElement[bool]:
    """Solved so long ago that nobody will come back to it."""
    solved_before = now() - timedelta(days=section_of(app).close_after_days)
    return (Ticket.state == TicketState.SOLVED) & (Ticket.solved_at < solved_before)


def close_solved(app: Flask) -> int:
    """Close one batch of tickets that were solved long ago; how many that were."""
    found = db.session.scalars(select(Ticket).where(is_forgotten(app)).limit(BATCH).with_for_update()).all()
    for ticket in found:
        ticket.state = TicketState.CLOSED
    db.session.commit()
    return len(found)


def count_solved(app: Flask) -> int:
    return db.session.scalar(select(func.count()).select_from(Ticket).where(is_forgotten(app))) or 0


battery = Battery(
    name="tickets",
    section=TicketSettings,
    init=init,
    needs=("database",),
    jobs=(Job(name="solved tickets", run=close_solved, waiting=count_solved),),
)
