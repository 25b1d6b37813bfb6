"""The user table: addresses, the user class, roles."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.accounts import create_user
from demijohn.auth.addresses import AddressError, normalise_address
from demijohn.auth.guards import Refused
from demijohn.auth.models import Role, user_class


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ADA@Example.COM", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("josé@bücher.de", "josé@bücher.de"),
        ("jose\u0301@bu\u0308cher.de", "josé@bücher.de"),
        ("ada@xn--bcher-kva.de", "ada@bücher.de"),
        ("ada@intranet", "ada@intranet"),
        ("admin@shop.localhost", "admin@shop.localhost"),
    ],
    ids=["upper case", "blanks", "unicode", "decomposed", "punycode", "no dot", "reserved name"],
)
def test_one_mailbox_has_one_written_form(written: str, stored: str) -> None:
    assert normalise_address(written) == stored


@pytest.mark.parametrize("written", ["", "ada", "ada@", "@b.c", "a\0@b.c", "a@b@c", "x" * 300 + "@a.b", "a b@c.d"])
def test_what_is_no_address_is_refused_with_a_reason(written: str) -> None:
    with pytest.raises(AddressError, match=r"\w+"):
        normalise_address(written)


def test_a_second_account_for_the_same_mailbox_is_refused_however_it_is_written(app: Flask) -> None:
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com"))
        db.session.commit()
        db.session.add(user_class()(email="ADA@EXAMPLE.com"))

        with pytest.raises(IntegrityError):
            db.session.commit()


def test_two_creations_at_once_make_one_account_and_one_clear_refusal(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database={"url": database_url})
    start = Barrier(2)

    def create(email: str) -> str:
        with app.app_context():
            start.wait()
            try:
                create_user(email, password="correct-horse-battery")
                db.session.commit()
            except Refused as refused:
                return str(refused)
            return "made"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(create, ["ada@example.com", "ADA@example.com"]))

    assert said == ["A user with ada@example.com exists (id 1).", "made"]


def test_the_unique_key_holds_against_core_inserts_too(app: Flask) -> None:
    user = user_class()
    with app.app_context():
        db.session.execute(sa.insert(user).values(email="ADA@example.com"))

        assert db.session.scalar(sa.select(user.email).where(user.email == "Ada@Example.com")) == "ada@example.com"
        with pytest.raises(IntegrityError):
            db.session.execute(sa.insert(user).values(email="ada@EXAMPLE.com"))


def test_a_role_reads_and_takes_its_permissions_as_a_set(app: Flask) -> None:
    with app.app_context():
        db.session.add(Role(name="sales", permissions={"order.view", "order.edit"}))
        db.session.commit()
        role = db.session.scalars(sa.select(Role)).one()
        role.permissions = {"order.view", "customer.view"}
        db.session.commit()

        assert db.session.scalars(sa.select(Role)).one().permissions == {"order.view", "customer.view"}


OWN_USER = """
from demijohn import Model, Settings, create_app, db
from demijohn.auth import UserBase
from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

class Account(UserBase):
    __table_args__ = (Index("by_department", "department"),)
    department: Mapped[str]

class Note(Model):
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    author: Mapped[Account] = relationship()

app = create_app(__name__, Settings(environment="testing", secret_key="k" * 20 + "0123456789-abcdef", database={"url": "sqlite://"}))
with app.app_context():
    db.create_all()
    db.session.add(Note(author=Account(email="Ada@example.com", department="sales")))
    db.session.commit()
    print(db.session.scalars(select(Note)).one().author, Account.__table__.info["battery"], Account.__tablename__)
"""

STOCK_WITH_FOREIGN_KEY = """
from demijohn import Model, Settings, create_app, db
from demijohn.auth.models import UserBase, user_class
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

class Note(Model):
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    author: Mapped[UserBase] = relationship(lambda: user_class())

app = create_app(__name__, Settings(environment="testing", secret_key="k" * 20 + "0123456789-abcdef", database={"url": "sqlite://"}))
with app.app_context():
    db.create_all()
    db.session.add(Note(author=user_class()(email="Ada@example.com")))
    db.session.commit()
    print(db.session.scalars(select(Note)).one().author, user_class().__name__)
"""

TWO_USERS = """
from demijohn.auth import UserBase
class Account(UserBase): ...
class Person(UserBase): ...
"""

CHILD_OF_THE_USER = """
from demijohn.auth import UserBase
from demijohn.auth.models import user_class
class Account(UserBase): ...
class Clerk(Account): ...
print(user_class().__name__, Clerk.__tablename__ if hasattr(Clerk, "__tablename__") else "", Clerk.__table__.name)
"""

TOO_LATE = """
from demijohn import Settings, create_app
create_app(__name__, Settings(environment="testing", secret_key="k" * 20 + "0123456789-abcdef", database={"url": "sqlite://"}))
from demijohn.auth import UserBase
class Account(UserBase): ...
"""


def run(tmp_path: Path, code: str) -> "subprocess.CompletedProcess[str]":
    program = tmp_path / "program.py"
    program.write_text(code)
    return subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )


def test_an_own_user_of_any_name_replaces_the_stock_one(tmp_path: Path) -> None:
    result = run(tmp_path, OWN_USER)

    assert result.stdout.split("\n")[0] == "ada@example.com auth user", result.stderr


def test_the_page_about_own_users_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "own-user.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    result = run(
        tmp_path,
        f"""
import os
os.environ |= {{"FLASK_ENVIRONMENT": "testing", "SECRET_KEY": "k" * 20 + "0123456789-abcdef", "DATABASE_URL": "sqlite://"}}
{code}
from demijohn import db
from demijohn.auth.bootstrap import ensure_first_administrator
with app.app_context():
    db.create_all()
    print(type(ensure_first_administrator(app)).__name__)
    print(db.session.scalars(db.select(Employee)).one().department == "")
""",
    )

    assert result.stdout.split() == ["Created", "True"], result.stderr


REQUIRED_COLUMN = """
from demijohn import Settings, create_app
from demijohn.auth import UserBase
from sqlalchemy.orm import Mapped

class Account(UserBase):
    department: Mapped[str]

settings = Settings(environment="testing", secret_key="k" * 20 + "0123456789-abcdef", database={"url": "sqlite://"})
app = create_app(__name__, settings)
from demijohn.auth.accounts import create_user
with app.app_context():
    create_user("ada@example.com")
"""


def test_a_column_that_must_be_given_is_named(tmp_path: Path) -> None:
    error = run(tmp_path, REQUIRED_COLUMN).stderr

    assert "Account.department must be given and has no default" in error
    assert "mapped_column(default=...)" in error


def test_foreign_keys_to_the_stock_user_hold(tmp_path: Path) -> None:
    assert run(tmp_path, STOCK_WITH_FOREIGN_KEY).stdout.strip() == "ada@example.com User"


def test_a_second_user_class_is_refused_naming_both(tmp_path: Path) -> None:
    error = run(tmp_path, TWO_USERS).stderr

    assert "SetupError: __main__.Account is the user already; __main__.Person came later." in error
    assert "let one class inherit UserBase" in error


def test_a_child_of_the_user_class_shares_its_table(tmp_path: Path) -> None:
    assert run(tmp_path, CHILD_OF_THE_USER).stdout.split()[::2] == ["Account", "user"]


def test_a_user_class_after_create_app_is_told_to_come_earlier(tmp_path: Path) -> None:
    error = run(tmp_path, TOO_LATE).stderr

    assert "__main__.Account came too late" in error
    assert "before create_app" in error


def test_the_user_table_stays_the_frameworks_in_two_applications(make_app: MakeApp) -> None:
    make_app()
    make_app()

    assert user_class().__table__.info["battery"] == "auth"
