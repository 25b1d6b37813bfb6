"""demijohn, a bigger flask: Flask with accounts, admin, mail, migrations, sessions and security in one call."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.app import create_app as create_app
    from demijohn.auth.access import can as can
    from demijohn.auth.access import current_user as current_user
    from demijohn.auth.access import login_required as login_required
    from demijohn.auth.access import permission_required as permission_required
    from demijohn.auth.access import recent_login_required as recent_login_required
    from demijohn.battery import Battery as Battery
    from demijohn.database.base import Model as Model
    from demijohn.database.base import db as db
    from demijohn.errors import SetupError as SetupError
    from demijohn.security.redirects import safe_redirect as safe_redirect
    from demijohn.settings import Settings as Settings
    from demijohn.settings import current_settings as current_settings

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "create_app": ".app",
        "Settings": ".settings",
        "current_settings": ".settings",
        "Battery": ".battery",
        "SetupError": ".errors",
        "Model": ".database.base",
        "db": ".database.base",
        "current_user": ".auth.access",
        "login_required": ".auth.access",
        "permission_required": ".auth.access",
        "recent_login_required": ".auth.access",
        "can": ".auth.access",
        "safe_redirect": ".security.redirects",
    },
)
