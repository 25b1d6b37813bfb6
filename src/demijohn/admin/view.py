"""ModelView: Flask-Admin's view, closed by permission; lists, forms, exports and history work by themselves."""

from demijohn.admin.access import close_switches
from demijohn.admin.importing import Importing


class ModelView(Importing):
    """A model's place in the dashboard; Flask-Admin's documented options and hooks hold.

    Its parts are one line of classes and not mix-ins, because Flask-Admin copies every page into every class:
    forms, list, details, export, history, saving, deleting, acting, reverting, restoring, cells, import.

    Attributes:
        model: the mapped class, so that `admin_views=[OrderView]` needs no more.
        name_singular: what one record is called, as in "New order line"; by itself the model's class in words.
        column_date_hierarchy: a date column whose years, months and days stand above the list, each a click away; give
            it an index. None, the default, for none.
        column_optional_list: names of the columns that people may choose for the list beside its own; None, the
            default, for all that the page of a record shows, `()` for no choice.
        column_facets: names of the columns whose values stand in the filter panel with their numbers; None, the
            default, for those with few values (enumerations, yes and no) among the filters, `()` for none. Texts are
            taken where they are named.
        form_conditions: fields that stand in the form only where another has a certain value, as in `{"vat_number":
            ("kind", Kind.COMPANY)}` (several values as a list); elsewhere they are neither checked nor written.
        form_readonly_columns: columns, relations and properties that an edit form shows without letting anybody change
            them.
        form_fieldsets: the form's fields under titles, as in `(("Order", ("number", "customer")), ("Notes", ("notes",),
            {"collapsed": True, "description": "…"}))`; those with the same `"tab": "…"` stand behind a tab; what none
            names comes last. `form_rules` win.
        can_save_as_new: whether the edit form offers to save what it holds as a new record, to people who may create.
        saved_views: name -> query of the list's address, as in `{"Unpaid": "flt0_status_equals=draft&by=-placed_at"}`;
            tabs above the list, before those that people save themselves.
        hidden: true keeps the model out of the dashboard.
        can_import: whether files can be imported here by people who may create or edit.
        asks_identity: whether whoever writes here must have proved lately who they are (`auth.recent_seconds`); None,
            the default, means that they must for accounts and roles.
    """

    hidden = False
    asks_identity: bool | None = None
    can_export = True
    can_view_details = True

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        close_switches(cls)


close_switches(ModelView)
