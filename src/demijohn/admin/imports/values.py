"""What a cell says, as the field of a form would have been sent it: labels, yes and no, names of related records."""

from typing import Any

import sqlalchemy as sa
from wtforms import BooleanField, DateField, IntegerField, SelectField

from demijohn.admin.fields import EnumField, MaybeField
from demijohn.admin.formatting import noun, plain_text
from demijohn.admin.keys import key_text, parse_key
from demijohn.admin.kinds import first_text
from demijohn.admin.lookup import LookUp, LookUpField, LookUpManyField
from demijohn.admin.scoping import for_me, is_hidden
from demijohn.database.base import db

YES = {"1", "true", "yes", "y", "x", "on", "t"}
NO = {"0", "false", "no", "n", "", "off", "f"}
MIDNIGHT = " 00:00:00"


class WrongCellError(ValueError):
    """The cell can't be what the field takes; the text says why, for people."""


class Reader:
    """Reads cells for the fields of one view; remembers the related records it has found."""

    def __init__(self) -> None:
        self.known: dict[tuple[type, str], str] = {}

    def sent(self, field: Any, text: str) -> list[str]:
        """What a browser would have sent.

        Raises:
            WrongCellError: nothing that it could have.
        """
        if isinstance(field, LookUpField) and isinstance(field.loader, LookUp):
            return [self.related(field.loader, text)] if text else [""]
        if isinstance(field, LookUpManyField) and isinstance(field.loader, LookUp):
            names = [name.strip() for name in text.split(",") if name.strip()]
            return [self.related(field.loader, name) for name in names]
        return sent_plainly(field, text)

    def related(self, loader: LookUp, text: str) -> str:
        """The key of the related record that the text is the key or the name of."""
        wanted = (loader.model, text)
        if wanted not in self.known:
            self.known[wanted] = find_related(loader.model, text)
        return self.known[wanted]


def find_related(model: type, text: str) -> str:
    key = parse_key(model, text)
    record = db.session.get(model, key) if key is not None else None
    if record is not None and not is_hidden(record):
        return key_text(record)
    name = first_text(model)
    if name is not None and "\x00" not in text:
        wanted = for_me(sa.select(model).where(getattr(model, name) == text), model).limit(3)
        found = list(db.session.scalars(wanted))
        if len(found) == 1:
            return key_text(found[0])
        if found:
            keys = " and ".join(key_text(one) for one in found[:2])
            raise WrongCellError(f"More than one {noun(model)} is named {text!r}: {keys}. Write the key.")
    raise WrongCellError(f"There is no {noun(model)} {text[:80]!r}.")


def sent_plainly(field: Any, text: str) -> list[str]:
    if isinstance(field, BooleanField):
        return ["y"] if yes_or_no(text) else []
    if isinstance(field, MaybeField):
        return [("1" if yes_or_no(text) else "0") if text else ""]
    if isinstance(field, EnumField):
        return [choice(text, [(value, plain_text(member)) for value, member in field.members.items()])]
    if isinstance(field, SelectField):
        return [choice(text, [(str(c[0]), str(c[1])) for c in field.iter_choices()])]
    tail = MIDNIGHT if isinstance(field, DateField) else ".0" if isinstance(field, IntegerField) else ""
    return [text.removesuffix(tail)]


def yes_or_no(text: str) -> bool:
    said = text.casefold()
    if said not in YES | NO:
        raise WrongCellError(f"{text[:80]!r} is neither yes nor no.")
    return said in YES


def choice(text: str, choices: list[tuple[str, str]]) -> str:
    """The value of the choice that the text is the value or the label of."""
    exact = next((value for value, _ in choices if value == text), None)
    if exact is not None or not text:
        return text
    said = text.casefold()
    found = [value for value, label in choices if said in {value.casefold(), label.casefold()}]
    if len(found) != 1:
        offered = ", ".join(label for value, label in choices[:8] if value)
        raise WrongCellError(f"{text[:80]!r} is none of: {offered}.")
    return found[0]
