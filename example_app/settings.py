"""The settings of the back office: demijohn's, and a section for each battery of its own."""

from pydantic import Field

import demijohn
from example_app.tickets.settings import TicketSettings


class Settings(demijohn.Settings):
    tickets: TicketSettings = Field(default_factory=TicketSettings)
