"""Checks the chain and every entry in it: what was edited, removed, put in, put elsewhere or sealed by somebody else.

Reads only, in one snapshot, a page at a time. It trusts nothing that it reads: each value may have been edited.

A seal counts if this application's key signed it or a later one: each holds the hash of the one before, so the newest
signature vouches for all that came before, also for seals made with keys that are gone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.audit.reading import (
    PAGE,
    Unreadable,
    Values,
    entries_in,
    entries_outside,
    key_of,
    newest_seal,
    seals,
    snapshot,
)
from demijohn.audit.sealing import LEAF_BYTES, copies, head_of
from demijohn.audit.signing import entry_hash, is_own_entry, is_own_seal, seal_hash
from demijohn.audit.spans import Span, add, are_spans, ids_in, joined, size
from demijohn.database.base import db

LISTED = 100
MOST_IN_A_SEAL = 100_000


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is not as it was: where, and in words."""

    text: str
    seal: int | None = None
    entry: int | None = None


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of the chain at some time, as it was kept elsewhere."""

    number: int
    hash: str

    @classmethod
    def read(cls, text: str) -> "Head":
        """From `12:3f…`.

        Raises:
            ValueError: it is not of that form.
        """
        number, _, digest = text.strip().partition(":")
        if not (number.isascii() and number.isdigit() and len(number) < 19) or len(digest) != 64:
            raise ValueError(f"{text!r} is no head; one looks like 12:<64 hexadecimal digits>.")
        return cls(number=int(number), hash=digest.lower())


@dataclass(kw_only=True)
class Report:
    """What was found.

    Attributes:
        head: the end of the chain, to be kept elsewhere; None without a seal.
        seals, entries: how many were checked; entries are those in seals.
        waiting: genuine entries that are not sealed yet.
        dropped: entries that pruning dropped, as the chain says.
        on_trust: numbers of seals that hold what an administrator vouched for.
        faults: the first hundred; `fault_count` counts all.
    """

    head: str | None = None
    seals: int = 0
    entries: int = 0
    waiting: int = 0
    dropped: int = 0
    on_trust: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    def add(self, text: str, *, seal: int | None = None, entry: int | None = None) -> None:
        self.fault_count += 1
        if len(self.faults) < LISTED:
            self.faults.append(Fault(text=text, seal=seal, entry=entry))


def verify(app: Flask, *, expect: Head | None = None, after: Head | None = None) -> Report:
    """The whole log, checked.

    Args:
        expect: a head kept from earlier; that it is still in the chain shows that its end was not cut off and redone.
        after: a head kept from earlier up to which everything was found right then; the entries before are not read.
    """
    with snapshot(db.engine) as connection:
        kept = [head for head in (expect, after) if head is not None]
        found = Verification(app, connection, kept=kept, first=after.number + 1 if after else 1)
        found.check_chain()
        found.check_unsealed()
        return found.report


class Verification:
    """One pass along the chain.

    Args:
        kept: heads that should be in it.
        first, last: of which seals the entries are read; all by default. Every seal is checked itself.
    """

    def __init__(
        self,
        app: Flask,
        connection: sa.Connection,
        *,
        kept: Sequence[Head] = (),
        first: int = 1,
        last: int | None = None,
    ) -> None:
        self.app = app
        self.connection = connection
        self.kept = kept
        self.read_from = first
        self.read_to = last
        self.report = Report()
        self.spans: list[Span] = []
        self.dropped_to = 0
        self.dropped_hash = ""
        self.previous: Values | None = None
        self.previous_hash = ""
        self.first = 1
        self.vouched_to = 0

    def check_chain(self) -> None:
        """Every seal, and the entries in those that are to be read."""
        self.find_beginning()
        for seal in seals(self.connection):
            if isinstance(seal, Unreadable):
                self.report.add("holds values that are none of ours.", seal=seal.key)
            elif is_well_formed(seal):
                self.check_seal(seal)
            else:
                self.report.add("was changed.", seal=seal["number"])
        self.check_end()

    def find_beginning(self) -> None:
        """The first seal there should be: number 1, or the one after those that were pruned."""
        try:
            pruned = newest_seal(self.connection, "pruned")
        except (ValueError, TypeError):
            return  # told when its turn comes
        if pruned is not None and is_well_formed(pruned):
            facts = pruned["facts"]
            self.dropped_to, self.dropped_hash = facts["through"], facts["hash"]
            self.report.dropped = facts["dropped"]

    def check_seal(self, seal: Values) -> None:
        add(self.spans, seal["ids"])
        number = seal["number"]
        self.check_link(seal)
        self.first = number if self.previous is None else self.first
        self.report.seals += 1
        if is_own_seal(self.app, seal):
            self.vouched_to = number
        if seal["kind"] == "on trust":
            self.report.on_trust.append(number)
        if number >= self.read_from and (self.read_to is None or number <= self.read_to):
            self.check_entries(seal)
        self.previous, self.previous_hash = seal, seal_hash(seal)
        if number == self.dropped_to and self.previous_hash != self.dropped_hash:
            self.report.add("was changed.", seal=number)
        for head in self.kept:
            if head.number == number and head.hash != self.previous_hash:
                self.report.add("is not the seal that the head you kept names.", seal=number)

    def check_link(self, seal: Values) -> None:
        """A seal follows the one before; of the pruned ones at the beginning any may be gone."""
        number = seal["number"]
        if self.previous is None and number <= self.dropped_to:
            return
        before = self.dropped_to if self.previous is None else self.previous["number"]
        before_hash = self.dropped_hash if self.previous is None else self.previous_hash
        if number != before + 1:
            self.report.add(missing(before + 1, number - 1), seal=before + 1)
        elif seal["previous"] != before_hash:
            self.report.add(f"does not follow seal {before}: one of the two was changed.", seal=number)

    def check_entries(self, seal: Values) -> None:
        """Every entry of the seal against its hash."""
        number, whole, faults = seal["number"], hashlib.sha256(), self.report.fault_count
        entries = entries_in(self.connection, seal["ids"])
        entry = next(entries, None)
        for one, leaf in zip(ids_in(seal["ids"]), leaves_of(seal), strict=True):
            if entry is None or key_of(entry) != one:
                self.report.add("was removed.", seal=number, entry=one)
                continue
            digest = b"" if isinstance(entry, Unreadable) else entry_hash(entry)
            whole.update(digest)
            self.report.entries += 1
            if digest[:LEAF_BYTES] != leaf:
                self.report.add("was changed since it was sealed.", seal=number, entry=one)
            entry = next(entries, None)
        if faults == self.report.fault_count and whole.hexdigest() != seal["content"]:
            self.report.add("does not hold the entries that are there now.", seal=number)

    def check_end(self) -> None:
        last = self.dropped_to if self.previous is None else self.previous["number"]
        if self.previous is not None and self.vouched_to < last:
            first = max(self.vouched_to, self.dropped_to) + 1
            which = "carries" if first == last else f"to {last} carry"
            self.report.add(f"{which} no signature by a key of this application.", seal=first)
        for head in self.kept:
            if head.number > last:
                self.report.add(f"{missing(last + 1, head.number)} The end of the chain was cut off.", seal=last + 1)
            if head.number < self.first:
                self.check_dropped(head)
        self.report.head = head_of(self.previous)

    def check_dropped(self, head: Head) -> None:
        """A kept head before the beginning: pruned, so that only the last one's hash is still known."""
        if head.number > self.dropped_to or (head.number == self.dropped_to and head.hash != self.dropped_hash):
            self.report.add("is not the seal that the head you kept names.", seal=head.number)

    def check_unsealed(self) -> None:
        """Entries in no seal: each must be signed by this application, and be no copy of another."""
        sealed = joined(self.spans)
        rest = entries_outside(self.connection, sealed)
        while some := list(islice(rest, PAGE)):
            own = [row for row in some if not isinstance(row, Unreadable) and is_own_entry(self.app, row)]
            repeated = copies(self.connection, own, sealed)
            genuine = {row["id"] for row in own} - repeated
            self.report.waiting += len(genuine)
            for row in some:
                one = key_of(row)
                if one in repeated:
                    self.report.add("is a copy of another entry.", entry=one)
                elif one not in genuine:
                    self.report.add("was not written by this application, or was changed since.", entry=one)


def missing(first: int, last: int) -> str:
    return "is missing." if first == last else f"to {last} are missing."


def is_well_formed(seal: Values) -> bool:
    """Whether the values fit together at all, so that they can be worked with."""
    if not are_spans(seal["ids"]) or not isinstance(seal["facts"], dict):
        return False
    if seal["kind"] == "pruned" and not is_pruning(seal["facts"]):
        return False
    count: int = seal["count"]
    return size(seal["ids"]) == count <= MOST_IN_A_SEAL and len(seal["leaves"]) == count * LEAF_BYTES


def is_pruning(facts: dict[str, Any]) -> bool:
    through, digest, dropped = facts.get("through"), facts.get("hash"), facts.get("dropped")
    return type(through) is int and isinstance(digest, str) and type(dropped) is int


def leaves_of(seal: Values) -> list[bytes]:
    leaves = bytes(seal["leaves"])
    return [leaves[i : i + LEAF_BYTES] for i in range(0, len(leaves), LEAF_BYTES)]
