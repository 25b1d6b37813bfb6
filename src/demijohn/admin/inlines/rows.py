"""The stored records that a form shows of a relation: those for the person asking, a page of them, in their order."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload, with_parent

from demijohn.admin.inlines.options import InlineOptions
from demijohn.admin.keys import key_text, parse_key
from demijohn.admin.kinds import mapper_of
from demijohn.admin.scoping import for_me
from demijohn.auth.access import current_user
from demijohn.auth.rows import know_rows


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The record whose form it is, in place of its collection: that is not loaded whole."""

    record: Any


class Hiding:
    """A record without some of its attributes, for a form that must not read them."""

    def __init__(self, record: Any, names: list[str]) -> None:
        self._record, self._names = record, names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            raise AttributeError(name)
        return getattr(self._record, name)


@dataclass(frozen=True, kw_only=True)
class Related:
    """The records of one relation.

    Attributes:
        name: the relation of the owner.
        eager: relations of theirs that are shown with them.
    """

    session: Any
    model: type
    owner: Any
    name: str
    options: InlineOptions
    eager: tuple[str, ...]

    def query(self) -> Any:
        relation = getattr(type(self.owner), self.name)
        found = self.session.query(self.model).filter(with_parent(self.owner, relation))
        return for_me(found, self.model)

    @property
    def is_stored(self) -> bool:
        return bool(sa.inspect(self.owner).persistent)

    def page(self, number: int) -> list[Any]:
        """The records of a page, counted from one."""
        size = self.options.page_size
        found = self.query().options(*self.loads()).order_by(*self.order()).offset((number - 1) * size).limit(size)
        return self.known(found.all())

    def count(self) -> int:
        return int(self.query().with_entities(sa.func.count()).scalar() or 0)

    def locked(self, keys: list[str]) -> dict[str, Any]:
        """Key -> record of these keys, read afresh and held until commit; without those that are gone or hidden."""
        parsed = [key for key in (parse_key(self.model, text) for text in keys) if key is not None]
        if not parsed:
            return {}
        columns = mapper_of(self.model).primary_key
        wanted = columns[0].in_([key[0] for key in parsed]) if len(columns) == 1 else sa.tuple_(*columns).in_(parsed)
        query = self.query().filter(wanted).options(*self.loads()).order_by(*columns)
        held = query.populate_existing().with_for_update(of=self.model)
        return {key_text(record): record for record in self.known(held.all())}

    def known(self, records: list[Any]) -> list[Any]:
        know_rows(current_user, records)
        return records

    def loads(self) -> list[Any]:
        return [selectinload(getattr(self.model, name)) for name in self.eager]

    def order(self) -> list[Any]:
        mapper = mapper_of(self.model)
        given = sa.inspect(type(self.owner)).relationships[self.name].order_by or ()
        own = [mapper.all_orm_descriptors[self.options.order_by]] if self.options.order_by else list(given)
        return [*own, *mapper.primary_key]
