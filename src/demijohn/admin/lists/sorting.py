"""SortedList: by what a view's list is sorted, and how that is put to the database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from demijohn.admin import columns
from demijohn.admin.forms import RecordForms
from demijohn.admin.kinds import mapper_of
from demijohn.admin.lists.order import SortKey
from demijohn.admin.scoping import for_me, rows_for_me
from demijohn.auth.fieldrules import root_model


def joined(join: Any, step: Any, last: Any) -> tuple[Any, Any]:
    """The query with one more step of a path joined, and the alias of what was joined (None for a bare table)."""
    way = step if last is None else getattr(last, step.key)
    if isinstance(step, sa.Table):
        model = root_model(step)
        return (join(way) if model is None else for_me(join(way), model)), None
    target = step.property.mapper.class_
    alias, condition = aliased(target), rows_for_me(target)
    return join(alias, way if condition is None else way.and_(condition)), alias


def attribute_path(attribute: Any, joins: Any) -> str:
    """The dotted path of an attribute that is reached over these relations."""
    return ".".join(str(step.key) for step in (*(joins or ()), attribute) if hasattr(step, "key"))


class SortedList(RecordForms):
    """The sorting part of a view."""

    def further_sorts(self) -> tuple[tuple[str, bool], ...]:
        """What the address asks to sort by after the first column."""
        return ()

    def sorts(self, sort_column: Any, sort_desc: Any) -> list[tuple[str, bool]]:
        """The columns a list is sorted by, and whether descending: the first, then the address's further ones."""
        first = [(sort_column, bool(sort_desc))] if sort_column is not None else []
        wanted = [*first, *self.further_sorts()]
        found = {name: descends for name, descends in reversed(wanted) if self.is_sortable(name)}
        return [(name, descends) for name, descends in dict(reversed(found.items())).items()]

    def ordered(self, query: Any, sort_column: Any, sort_desc: Any) -> tuple[Any, list[SortKey]]:
        """The query with what its order needs joined, and the order: as asked, else the view's own; then by key."""
        joins: dict[Any, Any] = {}
        keys: dict[str, SortKey] = {}
        for attribute, path, descends in self.sort_attributes(self.sorts(sort_column, sort_desc)):
            query, key = self.sort_key(query, joins, attribute, path or (), descends=descends)
            keys.setdefault(key.name, key)
        descends = next(reversed(keys.values())).descends if keys else False
        for column in mapper_of(self.model).primary_key:  # equal values keep one order from page to page
            attribute = getattr(self.model, mapper_of(self.model).get_property_by_column(column).key)
            query, key = self.sort_key(query, joins, attribute, (), descends=descends)
            keys.setdefault(key.name, key)
        return query, list(keys.values())

    def sort_attributes(self, sorts: list[tuple[str, bool]]) -> Any:
        """Attribute, path to it and direction of every key of an order."""
        if not sorts:
            yield from self._get_default_order()
        for name, descends in sorts:
            by, paths = self._sortable_columns[name], self._sortable_joins.get(name)
            pairs = zip(by, paths or [()] * len(by), strict=True) if isinstance(by, list) else [(by, paths)]
            yield from ((attribute, path, descends) for attribute, path in pairs)

    def sort_key(self, query: Any, joins: Any, attribute: Any, path: Any, *, descends: bool) -> tuple[Any, SortKey]:
        is_certain = bool(path) and leads_to_a_row(self.model, path)
        query, joins, alias = self._apply_path_joins(query, joins, path, inner_join=is_certain)
        column = attribute if alias is None else getattr(alias, attribute.key)
        own = own_attribute(self.model, attribute) if not path else None
        missing = bool(path) and not is_certain
        return query, SortKey(
            name=own or attribute_path(attribute, path),
            column=column,
            descends=bool(descends),
            may_be_null=missing or may_be_null(attribute),
            is_own=own is not None,
        )

    def _apply_sorting(self, query: Any, joins: Any, sort_column: Any, sort_desc: Any) -> Any:
        query, keys = self.ordered(query, sort_column, sort_desc)
        return query.order_by(*(key.clause for key in keys)), joins

    def _get_default_order(self) -> Any:
        for attribute, joins, descends in super()._get_default_order():
            path = attribute_path(attribute, joins)
            if self.permits("view", None, path) and not columns.names_secret(self.model, path):
                yield attribute, joins, descends

    def _apply_path_joins(self, query: Any, joins: Any, path: Any, inner_join: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Flask-Admin's joins for sorting and filtering; a related row that is not for the person joins as none."""
        last = None
        for step in path or ():
            if (inner_join, step) not in joins:
                query, joins[inner_join, step] = joined(query.join if inner_join else query.outerjoin, step, last)
            last = joins[inner_join, step]
        return query, joins, last

    def is_sortable(self, name: Any) -> bool:
        if name not in self._sortable_columns or columns.names_secret(self.model, str(name)):
            return False
        pairs = self.sort_attributes([(name, False)])
        return all(self.permits("view", None, attribute_path(attribute, path)) for attribute, path, _ in pairs)


def own_attribute(model: type, attribute: Any) -> str | None:
    """The name of the model's own column attribute; None for anything else."""
    mapper = mapper_of(model)
    if isinstance(attribute, InstrumentedAttribute):
        return str(attribute.key) if attribute.key in mapper.column_attrs else None
    found = mapper.get_property_by_column(attribute) if mapper.c.contains_column(attribute) else None
    return None if found is None else str(found.key)


def may_be_null(attribute: Any) -> bool:
    """Whether the column can be without a value; what is no column can."""
    columns_ = getattr(getattr(attribute, "property", None), "columns", None) or [attribute]
    return any(not isinstance(column, sa.Column) or bool(column.nullable) for column in columns_)


def leads_to_a_row(model: type, path: Any) -> bool:
    """Whether every row has a related one at the end of the path, so that an inner join loses none."""
    for step in path:
        relation: Any = getattr(step, "property", None)
        if getattr(getattr(relation, "direction", None), "name", "") != "MANYTOONE":
            return False
        is_sure = all(column.foreign_keys and not column.nullable for column in relation.local_columns)
        target = relation.mapper
        if (
            not (is_sure and getattr(model, "managed", False))
            or target.single
            or rows_for_me(target.class_) is not None
        ):
            return False
        model = target.class_
    return True
