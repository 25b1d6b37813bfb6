"""The dashboard: Flask-Admin, closed by permission, under our own face."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.admin.actions import action as action
    from demijohn.admin.ownpages import page as page
    from demijohn.admin.uploads.store import open_file as open_file
    from demijohn.admin.uploads.store import store_file as store_file
    from demijohn.admin.view import ModelView as ModelView

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "ModelView": ".view",
        "action": ".actions",
        "page": ".ownpages",
        "open_file": ".uploads.store",
        "store_file": ".uploads.store",
    },
)
