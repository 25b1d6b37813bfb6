"""LazyModelView: forms, filters and columns of a view are built when first used, so that a view costs little at start.

A wrong column name is therefore found by `flask check`, at start in development, or at first use.
"""

import threading
from typing import Any

from flask_admin.contrib.sqla import ModelView as FlaskAdminModelView

from demijohn.admin.access import ClosedView
from demijohn.admin.formatting import in_words
from demijohn.database.base import db
from demijohn.errors import SetupError

LAZY = frozenset(
    {
        "_list_columns", "_more_columns", "_has_plain_cells",
        "_sortable_columns", "_details_columns", "_export_columns", "_form_ajax_refs",
        "_create_form_class", "_edit_form_class", "_delete_form_class", "_action_form_class", "_list_form_class",
        "_search_supported", "_column_choices_map", "_filters", "_filter_groups", "_filter_args",
        "_form_create_rules", "_form_edit_rules", "_actions", "_actions_data", "_auto_joins", "_search_plan",
    }
)  # fmt: skip
"""What Flask-Admin's constructor builds and ours does not."""


class LazyModelView(ClosedView, FlaskAdminModelView):
    """Flask-Admin's model view, closed by permission and built when first used."""

    model: Any = None
    column_list: Any
    column_searchable_list: Any
    column_filters: Any
    column_default_sort: Any
    column_sortable_list: Any
    form_columns: Any
    page_size: int
    page_size_options: tuple[int, ...]
    _built = False
    _builder: int | None = None

    def __init__(self, model: Any = None, session: Any = None, name: str | None = None, **options: Any) -> None:
        model = model if model is not None else type(self).model
        if model is None:
            raise SetupError(
                f"{type(self).__name__} names no model.",
                fix=f"write 'model = Order' (your class) in {type(self).__name__}.",
            )
        self._lock = threading.RLock()
        table = model.__table__.name
        options["endpoint"] = options.get("endpoint") or getattr(type(self), "endpoint", None) or f"admin_{table}"
        options["url"] = options.get("url") or getattr(type(self), "url", None) or f"/admin/{table}"
        if self.page_size not in self.page_size_options:
            self.page_size_options = tuple(sorted({self.page_size, *self.page_size_options}))
        options["category"] = options.get("category") or getattr(type(self), "category", None)
        super().__init__(
            model, session if session is not None else db, name or getattr(type(self), "name", None), **options
        )

    def _prettify_name(self, name: str) -> str:
        return in_words(name)

    def init_actions(self) -> None:
        """Left to `build`."""

    def _refresh_cache(self) -> None:
        for name in ("column_labels", "form_widget_args", "column_descriptions"):
            setattr(self, name, getattr(self, name) or {})

    def scaffold_pk(self) -> Any:
        if self.is_building():
            return super().scaffold_pk()
        return tuple(self.model.__table__.primary_key.columns.keys())  # asking the mapper would configure them all

    def scaffold_auto_joins(self) -> Any:
        return super().scaffold_auto_joins() if self.is_building() else []

    def is_building(self) -> bool:
        """Whether this very thread is building the view."""
        return self._builder == threading.get_ident()

    def build(self) -> None:
        """Build what Flask-Admin's constructor would have built; once, whoever asks first.

        Raises:
            SetupError: the view names something that its model does not have, or a secret.
        """
        if self._built or self.is_building():
            return
        with self._lock:
            if self._built:
                return
            self._builder = threading.get_ident()
            try:
                self.build_parts()
            except SetupError:
                raise
            except Exception as error:
                raise SetupError(
                    f"the view {type(self).__name__} of {self.model.__name__} can't be built: {error}.",
                    fix="correct the name in the view; the columns are "
                    + ", ".join(a.key for a in self.model.__mapper__.attrs)
                    + ".",
                ) from error
            finally:
                self._builder = None
            self._built = True

    def build_parts(self) -> None:
        """What `build` builds, in order."""
        self._primary_key = self.scaffold_pk()
        super().init_actions()
        super()._refresh_cache()
        self._auto_joins = self.column_select_related_list or super().scaffold_auto_joins()

    def adopt(self) -> None:
        """Take over a stock view that its own constructor has built: it is built again, our way, when first used."""
        self._lock = threading.RLock()
        own = {name for cls in type(self).__mro__ for name in vars(cls)}
        for name in set(vars(self)) & (LAZY | {n for n in own if n.startswith(("column_", "form_"))}):
            delattr(self, name)
        LazyModelView._refresh_cache(self)

    def __getattr__(self, name: str) -> Any:
        if name in LAZY and not self.is_building():
            self.build()
            return getattr(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)  # Flask-Admin's own calls a page twice if it raises a TypeError

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        refused = super()._handle_view(name, **kwargs)
        if refused is None:
            self.build()
        return refused
