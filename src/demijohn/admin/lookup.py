"""Look-ups: a foreign-key field asks for a few matching records instead of carrying them all."""

from typing import Any

import sqlalchemy as sa
from flask import abort
from flask_admin.contrib.sqla.ajax import QueryAjaxModelLoader
from flask_admin.model.ajax import AjaxModelLoader
from flask_admin.model.fields import AjaxSelectField, AjaxSelectMultipleField
from wtforms.validators import ValidationError

from demijohn.admin.access import may
from demijohn.admin.columns import many_to_many, names_secret
from demijohn.admin.keys import key_text, parse_key
from demijohn.admin.kinds import first_text, mapper_of, to_one_relations
from demijohn.admin.related import LookUpWidget
from demijohn.admin.scoping import HIDDEN, close_lookup, for_me, is_hidden
from demijohn.admin.searching import path_condition, pattern
from demijohn.admin.words import gettext

LIMIT = 20
"""Records a look-up offers at once; our choice."""
LAST_OFFSET = 10_000
PLACEHOLDER = "Find by name or key"
MANY = 500
"""Records one many-to-many field takes; our choice."""


class LookUp(QueryAjaxModelLoader):
    """Finds related records by a word in their text columns or by key, for people who may view them."""

    _is_closed = True

    def __init__(self, name: str, session: Any, model: type, **options: Any) -> None:
        fields = options.get("fields") or [first_text(model) or mapper_of(model).primary_key[0].key]
        names = [str(getattr(field, "key", field)) for field in fields]
        options["fields"] = [field for field in names if not names_secret(model, field)] or [first_text(model)]
        options.setdefault("minimum_input_length", 0)
        options.setdefault("placeholder", PLACEHOLDER)
        AjaxModelLoader.__init__(self, name, options)  # the next one in line refuses keys of several columns
        self.session, self.model = session, model
        self.fields, self.order_by, self.filters = (options.get(n) for n in ("fields", "order_by", "filters"))
        self._cached_fields = self._process_fields()
        self.pk = mapper_of(model).primary_key[0].key
        self.table = model.__table__.name  # type: ignore[attr-defined]

    def format(self, model: Any) -> Any:
        return None if model is None else (key_text(model), HIDDEN if is_hidden(model) else str(model))

    def is_allowed(self) -> bool:
        return may(f"{self.table}.view")

    def get_one(self, pk: Any) -> Any:
        key = parse_key(self.model, pk)
        if key is None:
            return None
        session: Any = getattr(self.session, "session", self.session)
        with session.no_autoflush:
            return session.get(self.model, key)

    def get_list(self, term: str | None, offset: int | None = 0, limit: int | None = LIMIT) -> list[Any]:
        query = for_me(self.get_query(), self.model)
        words = (term or "").replace("\x00", "").split()[:10]
        for word in words:
            query = query.filter(self.matches(word))
        for value in self.filters or ():
            query = query.filter(sa.text(f"{self.table}.{value}"))
        order = self.order_by or [getattr(self.model, f) for f in self.open_fields()[:1]] + list(
            mapper_of(self.model).primary_key
        )
        query = query.order_by(*order) if isinstance(order, list | tuple) else query.order_by(order)
        start, size = min(max(offset or 0, 0), LAST_OFFSET), min(max(limit or LIMIT, 1), 100)
        return list(query.offset(start).limit(size).all())

    def matches(self, word: str) -> Any:
        texts = [path_condition(self.model, field, pattern(word)) for field in self.open_fields()]
        key = parse_key(self.model, word)
        columns = mapper_of(self.model).primary_key
        by_key = [columns[0] == key[0]] if key is not None and len(columns) == 1 else []
        return sa.or_(sa.false(), *texts, *by_key)

    def open_fields(self) -> list[str]:
        """The searched attributes that the person asking may see."""
        return [field for field in self.options["fields"] if may(f"{self.table}.view", None, field)]


class LookUpField(AjaxSelectField):
    """A to-one relation; a key that no record has is an error, never a silent removal."""

    widget = LookUpWidget()

    def process_formdata(self, valuelist: Any) -> None:
        chosen = [value for value in valuelist or () if value not in {"", "__None"}]
        self._asked = bool(chosen)
        if valuelist is not None:
            self._data, self._formdata = None, (chosen[0] if chosen else None)

    def pre_validate(self, form: Any) -> None:
        found = self.data
        if found is None and getattr(self, "_asked", False):
            raise ValidationError(gettext("There is no such record."))
        before = getattr(getattr(form, "_obj", None), self.name, None)
        if found is not None and found is not before:
            refuse_closed(self.loader, [found])
        if found is None and not self.allow_blank:
            raise ValidationError(gettext("Choose a record."))


class LookUpManyField(AjaxSelectMultipleField):
    """A many-to-many relation."""

    widget = LookUpWidget(multiple=True)

    def process_formdata(self, valuelist: Any) -> None:
        texts = [text for value in valuelist or () for text in value.split(self.separator) if text]
        self._formdata = set(texts[: MANY + 1])
        if not self._formdata:
            self._set_data([])

    def pre_validate(self, form: Any) -> None:
        if len(self._formdata or ()) > MANY:
            raise ValidationError(gettext("Choose at most %(most)d records.", most=MANY))
        chosen = self.data
        if self._invalid_formdata:
            raise ValidationError(gettext("One of these records is gone."))
        before = list(getattr(getattr(form, "_obj", None), self.name, None) or ())
        refuse_closed(self.loader, [record for record in chosen if record not in before])


def refuse_closed(loader: Any, chosen: list[Any]) -> None:
    """Raise if the person asking may not choose these records; one out of their sight is as good as none."""
    if chosen and isinstance(loader, LookUp) and not loader.is_allowed():
        raise ValidationError(gettext("You may not choose among these records."))
    if any(is_hidden(record) for record in chosen):
        raise ValidationError(gettext("There is no such record."))


def automatic_lookups(view: Any) -> dict[str, Any]:
    """A look-up for every relation a form may offer, beside those that the project gives itself."""
    given = dict(view.form_ajax_refs or {})
    overridden = set(view.form_overrides or {})
    relations = mapper_of(view.model).relationships
    names = [*to_one_relations(view.model), *many_to_many(view.model)]
    names += [n for n in map(str, view.form_columns or ()) if n in relations and n not in names]
    for name in names:
        if name not in given and name not in overridden:
            given[name] = LookUp(name, view.session, relations[name].mapper.class_)
    return given


def refuse_closed_lookup(loader: Any) -> None:
    """403 unless the person may view what the look-up finds."""
    close_lookup(loader)
    table = loader.model.__table__.name if getattr(loader, "model", None) is not None else None
    if table is not None and not may(f"{table}.view"):
        abort(403)
