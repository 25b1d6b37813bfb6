"""Settings of the tickets battery: `FLASK_TICKETS__ANSWER_WITHIN_HOURS=8`."""

from pydantic import Field

from demijohn.section import Section


class TicketSettings(Section):
    """How soon customers are answered."""

    answer_within_hours: int = Field(default=24, ge=1, description="An open ticket older than this is late (hours).")
    close_after_days: int = Field(default=14, ge=1, description="Solved tickets close after this long (days).")
