"""User classes that cannot be: each refusal, its fix applied as it is written, and the start that follows."""

import pytest
from projects import Project
from setup_faults import Mending

USER = """
from demijohn import create_app
from demijohn.auth import UserBase
from demijohn.auth.accounts import create_user
from sqlalchemy.orm import Mapped, mapped_column
"""
LATE = f"{USER}\napp = create_app(__name__)\n\nclass Account(UserBase): ...\n"
EARLY = f"{USER}\nclass Account(UserBase): ...\n\napp = create_app(__name__)\n"
TWO = f"{USER}\nclass Account(UserBase): ...\nclass Person(UserBase): ...\n\napp = create_app(__name__)\n"
CHILD = f"{USER}\nclass Account(UserBase): ...\nclass Person(Account): ...\n\napp = create_app(__name__)\n"
ENV = {"FLASK_ENVIRONMENT": "development", "DATABASE_URL": "sqlite://"}


@pytest.mark.mends("auth/models.py:refuse_second_user")
def test_a_user_class_that_comes_too_late(mending: Mending, project: Project) -> None:
    project.write("shop.py", LATE)

    fix = mending.refused(lambda: project.python("import shop", env=ENV)).fix

    assert fix == "import the module with your user class before create_app is called."
    project.write("shop.py", EARLY)
    mending.started(lambda: project.python("import shop", env=ENV))


@pytest.mark.mends("auth/models.py:refuse_second_user[2]")
def test_a_second_user_class(mending: Mending, project: Project) -> None:
    project.write("shop.py", TWO)

    fix = mending.refused(lambda: project.python("import shop", env=ENV)).fix

    assert "a second kind of user can inherit that class" in fix
    project.write("shop.py", CHILD)
    mending.started(lambda: project.python("import shop", env=ENV))


@pytest.mark.mends("auth/models.py:refuse_soft_user")
def test_a_user_class_that_is_deleted_softly(mending: Mending, project: Project) -> None:
    soft = EARLY.replace("(UserBase)", "(SoftDeleted, UserBase)")
    project.write("shop.py", f"from demijohn.database import SoftDeleted\n{soft}")

    fix = mending.refused(lambda: project.python("import shop", env=ENV)).fix

    assert fix == "take SoftDeleted out of the user class; is_active disables an account."
    project.write("shop.py", EARLY)
    mending.started(lambda: project.python("import shop", env=ENV))


@pytest.mark.mends("auth/accounts.py:refuse_required_columns")
def test_a_column_that_every_account_must_have(mending: Mending, project: Project) -> None:
    def write(column: str) -> None:
        project.write("shop.py", EARLY.replace("(UserBase): ...", f"(UserBase):\n    {column}\n"))

    make = (
        "import shop\nfrom demijohn import db\nfrom demijohn.auth.accounts import create_user\n"
        "with shop.app.app_context():\n    db.create_all(); create_user('ada@example.com')"
    )
    write("department: Mapped[str]")

    fix = mending.refused(lambda: project.python(make, env=ENV)).fix
    write(fix.removeprefix("give it one: ").replace("Mapped[...]", "Mapped[str]").replace("=...", "='sales'"))

    mending.started(lambda: project.python(make, env=ENV))


@pytest.mark.mends("auth/registration/start.py:refuse_unasked_columns")
@pytest.mark.parametrize("way", ["a default", "a question"])
def test_a_column_that_nobody_who_registers_is_asked_for(mending: Mending, project: Project, way: str) -> None:
    def write(column: str, asked: str = "") -> None:
        project.write("shop.py", EARLY.replace("(UserBase): ...", f"(UserBase):\n    {column}\n    {asked}\n"))

    env = ENV | {"FLASK_AUTH__REGISTRATION": "open"}
    write("department: Mapped[str]")

    fix = mending.refused(lambda: project.python("import shop", env=env)).fix
    default, question = fix.removeprefix("give it one: ").split(", or ask for it: ")
    if way == "a default":
        write(default.replace("Mapped[...]", "Mapped[str]").replace("=...", "='sales'"))
    else:
        assert question == "a WTForms form with a field department as Account.registration_fields."
        form = "from wtforms import Form, StringField\n\nclass Asked(Form):\n    department = StringField()\n"
        project.write("asked.py", form)
        write("department: Mapped[str]", "from asked import Asked as registration_fields")

    mending.started(lambda: project.python("import shop", env=env))
