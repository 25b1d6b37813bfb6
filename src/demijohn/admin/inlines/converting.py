"""Fields for `inline_models`: which relation each entry fills, and look-ups in place of full lists."""

from functools import partial
from typing import Any

from flask_admin.contrib.sqla.form import InlineModelConverter
from sqlalchemy.orm import RelationshipProperty

from demijohn.admin.inlines.fields import InlineRows
from demijohn.admin.inlines.options import options_of
from demijohn.admin.kinds import mapper_of, to_one_relations
from demijohn.admin.lookup import LookUp
from demijohn.errors import SetupError


class InlineConverter(InlineModelConverter):
    """Makes our list for `inline_models`."""

    inline_field_list_type = InlineRows

    def contribute(self, model: Any, form_class: Any, inline_model: Any) -> Any:
        kind: Any = type(self).inline_field_list_type
        self.inline_field_list_type = partial(kind, parent=model) if issubclass(kind, InlineRows) else kind  # type: ignore[assignment]
        return super().contribute(model, form_class, inline_model)

    def get_info(self, p: Any) -> Any:
        info: Any = super().get_info(p)
        if not hasattr(info, "_form_ajax_refs"):
            info._form_ajax_refs = self.process_ajax_refs(info)
        return info

    def process_ajax_refs(self, info: Any) -> dict[Any, Any]:
        """A look-up for every to-one relation, beside those that the project gives itself."""
        refs: dict[Any, Any] = super().process_ajax_refs(info)
        overridden = set(getattr(info, "form_overrides", None) or {})
        for name, relation in to_one_relations(info.model).items():
            if name not in refs and name not in overridden:
                full = f"{info.model.__name__.lower()}-{name}"
                refs[name] = self.view._form_ajax_refs[full] = LookUp(full, self.session, relation.mapper.class_)
        return refs

    def _calculate_mapping_key_pair(self, model: type, info: Any) -> dict[str, str]:
        """Relation of this model -> the relation of the inline model that leads back.

        Raises:
            SetupError: there is none, or none by the name in `fk_name`.
        """
        wanted = options_of(info).fk_name
        pairs = {
            forward.key: back.key
            for forward in mapper_of(model).relationships
            if forward.direction.name != "MANYTOONE" and not forward.viewonly
            if issubclass(info.model, forward.mapper.class_)
            if (back := way_back(forward, info.model)) is not None
            if wanted is None or wanted in names_of(back)
        }
        if not pairs:
            named = f" by {wanted!r}" if wanted else ""
            raise SetupError(
                f"inline_models: {info.model.__name__} is not related to {model.__name__}{named} in both directions.",
                fix=f"give both models a relationship with back_populates, as in `{info.model.__name__.lower()}s: "
                f'Mapped[list["{info.model.__name__}"]] = relationship(back_populates="{model.__name__.lower()}")`.',
            )
        return pairs


def way_back(forward: RelationshipProperty[Any], model: type) -> RelationshipProperty[Any] | None:
    """The relation of the inline model that holds the same key, told by back_populates or by its columns."""
    for back in mapper_of(model).relationships:
        is_told = back in forward._reverse_property
        is_same = back.direction.name == "MANYTOONE" and back.local_columns == forward.remote_side
        if is_told or (is_same and forward.direction.name == "ONETOMANY"):
            return back
    return None


def names_of(back: RelationshipProperty[Any]) -> set[str]:
    """What a way back may be called: the relation, or its foreign key."""
    return {back.key, *(str(column.key) for column in back.local_columns)}
