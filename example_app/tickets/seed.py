"""Sample tickets: what customers of a shop for brewing and cellar goods write about."""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select

from demijohn import db
from demijohn.clock import now
from example_app.tickets.files import sent_file
from example_app.tickets.models import Attachment, Priority, Tag, Ticket, TicketNote, TicketState, ticket_tag

TAGS = ("Breakage", "Delivery", "Invoice", "Question", "Return", "Wholesale")
SUBJECTS = (
    ("The carboy arrived with a crack", "Breakage"),
    ("Where is my order?", "Delivery"),
    ("Two airlocks instead of three", "Delivery"),
    ("Please send the invoice again", "Invoice"),
    ("The address on the invoice is wrong", "Invoice"),
    ("Does the 54 l flask fit the large stand?", "Question"),
    ("Which bung for a 10 l carboy?", "Question"),
    ("I would like to return the condenser", "Return"),
    ("Prices for forty crates", "Wholesale"),
)
ANSWERS = (
    "Thank you for the photo. A new one leaves today; please keep the broken one for the carrier.",
    "The carrier has it since this morning and says tomorrow before noon.",
    "Sorry about that. The missing piece is on its way, free of charge.",
    "Here is the invoice once more, now with your company's name.",
)
STATES = [TicketState.OPEN] * 3 + [TicketState.WAITING] * 2 + [TicketState.SOLVED] * 3 + [TicketState.CLOSED] * 4
PRIORITIES = [Priority.NORMAL] * 6 + [Priority.LOW] * 2 + [Priority.HIGH] * 2 + [Priority.URGENT]
MOST = 2_000
MOST_FILES = 100


def add_tickets(rng: random.Random, orders: list[tuple[int, int]]) -> int:
    """Add a ticket for every other of these orders (id, customer's id), with its conversation; how many that were."""
    chosen = rng.sample(orders, min(len(orders) // 2, MOST))
    tags = make_tags()
    subjects = [rng.choice(SUBJECTS) for _ in chosen]
    rows = [ticket(rng, subject, *order) for (subject, _), order in zip(subjects, chosen, strict=True)]
    if not rows:
        return 0
    ids = list(db.session.scalars(insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True), rows))
    links = [{"ticket_id": key, "tag_id": tags[tag]} for key, (_, tag) in zip(ids, subjects, strict=True)]
    db.session.execute(ticket_tag.insert(), links)
    notes = [note for key, row in zip(ids, rows, strict=True) for note in conversation(rng, key, row)]
    db.session.execute(insert(TicketNote), notes)
    db.session.add_all(Attachment(ticket_id=key, file=sent_file(rng)) for key in ids[::3][:MOST_FILES])
    db.session.commit()
    return len(ids)


def make_tags() -> dict[str, int]:
    """Name -> id of every tag; makes them if there are none."""
    if not db.session.scalar(select(func.count()).select_from(Tag)):
        db.session.execute(insert(Tag), [{"name": name} for name in TAGS])
    return {row.name: row.id for row in db.session.execute(select(Tag.name, Tag.id))}


def ticket(rng: random.Random, subject: str, order_id: int, customer_id: int) -> dict[str, Any]:
    state = rng.choice(STATES)
    opened_at = now() - timedelta(minutes=rng.randint(5, 60 * (36 if state == TicketState.OPEN else 24 * 90)))
    is_over = state in {TicketState.SOLVED, TicketState.CLOSED}
    solved_at = min(now(), opened_at + timedelta(hours=rng.randint(1, 72))) if is_over else None
    return {
        "subject": subject,
        "customer_id": customer_id,
        "order_id": order_id,
        "state": state,
        "priority": rng.choice(PRIORITIES),
        "opened_at": opened_at,
        "solved_at": solved_at,
    }


def conversation(rng: random.Random, ticket_id: int, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What the customer wrote, and the answer if there is one."""
    said = [{"ticket_id": ticket_id, "body": f"{row['subject']} Thank you for your help.", "is_internal": False}]
    if row["state"] != TicketState.OPEN:
        said.append({"ticket_id": ticket_id, "body": rng.choice(ANSWERS), "is_internal": rng.random() < 0.2})
    return said
