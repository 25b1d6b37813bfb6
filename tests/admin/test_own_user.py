"""A project's own User in the users screen; in a fresh process, because a process maps one user only."""

from pathlib import Path

from projects import SAFE, Project

PROGRAM = """
from demijohn import Settings, create_app
from demijohn.auth import UserBase
from sqlalchemy.orm import Mapped

class User(UserBase):
    phone: Mapped[str | None]
    api_token: Mapped[str | None]

app = create_app("__main__", Settings(environment="testing", database={"url": "sqlite://"}))
(view,) = [view for view in app.extensions["admin"][0].model_views() if view.model is User]
print(view.endpoint, view.category, *view.form_columns)
"""


def test_the_users_screen_offers_the_projects_own_columns_too(tmp_path: Path) -> None:
    run = Project(tmp_path).python(PROGRAM, env=SAFE)

    assert run.out.split() == [
        "admin_user", "Administration", "email", "name", "is_active", "is_superuser", "roles", "phone",
    ], run.text  # fmt: skip
