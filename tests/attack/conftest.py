"""People and dashboards to attack with, as the dashboard's own tests have them."""

from tests.admin.conftest import make_admin, visit

__all__ = ["make_admin", "visit"]
