"""The tickets' place in the dashboard."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.clock import now
from demijohn.database import LongText
from example_app.models import User
from example_app.tickets.battery import section_of
from example_app.tickets.models import Attachment, Tag, Ticket, TicketNote, TicketState

CATEGORY = "Support"


class TicketView(ModelView):
    """Tickets, newest first, with their notes in the form."""

    model = Ticket
    name = "Tickets"
    category = CATEGORY
    column_list = ("subject", "customer", "state", "priority", "opened_at", "assignee", "tags")
    column_searchable_list = ("subject", "customer.name")
    column_filters = ("state", "priority", "opened_at", "customer.name", "assignee")
    column_default_sort = ("opened_at", True)
    form_columns = ("subject", "customer", "order", "state", "priority", "assignee", "tags", "opened_at", "solved_at")
    form_readonly_columns = ("created_at", "updated_at")
    form_conditions = {"solved_at": ("state", [TicketState.SOLVED, TicketState.CLOSED])}
    form_fieldsets = (
        ("", ("subject", "customer", "order", "tags")),
        ("", ("notes",), {"tab": "Conversation"}),
        ("", ("state", "priority", "assignee", "solved_at"), {"tab": "Work"}),
        ("", ("attachments",), {"tab": "Files"}),
        ("", ("opened_at", "created_at", "updated_at"), {"tab": "Times"}),
    )
    saved_views = {
        "Open": "flt0_state_equals=open&by=-priority,opened_at",
        "Urgent": "flt0_priority_equals=urgent&flt1_state_in_list=open,waiting",
    }
    inline_models = (
        (TicketNote, {"form_columns": ("id", "body", "is_internal")}),
        (Attachment, {"form_columns": ("id", "file")}),
    )

    @action("solve", "Mark as solved", "Mark these tickets as solved?")
    def solve(self, ids: list[int]) -> None:
        for ticket in db.session.scalars(select(Ticket).where(Ticket.id.in_(ids))):
            ticket.state, ticket.solved_at = TicketState.SOLVED, now()
        db.session.commit()

    @action("assign", "Assign to …")
    def assign(self, ids: list[int], to: User | None) -> None:
        """Leave it empty to let anybody take them."""
        for ticket in db.session.scalars(select(Ticket).where(Ticket.id.in_(ids))):
            ticket.assignee = to
        db.session.commit()

    @action("note", "Add a note")
    def add_note(self, ids: list[int], body: LongText, is_internal: bool = True) -> None:  # noqa: FBT001, FBT002 - a box of the form
        """The same note goes to each ticket."""
        db.session.add_all(TicketNote(ticket_id=ticket, body=body, is_internal=is_internal) for ticket in ids)
        db.session.commit()


class TagView(ModelView):
    model = Tag
    name = "Tags"
    category = CATEGORY


class AttachmentView(ModelView):
    model = Attachment
    name = "Attachments"
    category = CATEGORY
    column_list = ("ticket", "file")
    form_columns = ("ticket", "file")


class NoteView(ModelView):
    """Notes are read and written in their ticket."""

    model = TicketNote
    hidden = True


VIEWS = (TicketView, TagView, AttachmentView, NoteView)


def late_tickets() -> int:
    """Open tickets that should have been answered by now: a number on the dashboard."""
    section = section_of(current_app._get_current_object())  # type: ignore[attr-defined]
    since = now() - timedelta(hours=section.answer_within_hours)
    is_late = (Ticket.state == TicketState.OPEN) & (Ticket.opened_at < since)
    return db.session.scalar(select(func.count()).select_from(Ticket).where(is_late)) or 0


def tickets_by_state() -> list[tuple[str, int]]:
    """How many tickets are in which state: a chart on the dashboard."""
    found = db.session.execute(select(Ticket.state, func.count()).group_by(Ticket.state))
    return [(state.value.capitalize(), count) for state, count in found]
