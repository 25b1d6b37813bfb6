"""A project in a folder of its own, driven by the `flask` command in fresh processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

HEAD = """
import datetime as dt
from decimal import Decimal
from enum import StrEnum
import sqlalchemy as sa
from demijohn import Model, Settings, create_app, db
from demijohn.auth import UserBase
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship
"""

CUSTOMER = """
class Customer(Model):
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", cascade="all")

class Status(StrEnum):
    DRAFT = "draft"

class Order(Model):
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    total: Mapped[Decimal]
    placed_at: Mapped[dt.datetime | None]
    extra: Mapped[dict[str, str] | None]
"""


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A project named `market` and its database."""

    folder: Path
    url: str
    variables: dict[str, str] = field(default_factory=dict)

    def models(self, text: str, *, options: str = "") -> None:
        """Write the application: these models, then create_app."""
        (self.folder / "market.py").write_text(f"{HEAD}\n{text}\napp = create_app(__name__{options})\n")

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return self.run("-m", "flask", "--app", "market", *arguments)

    def run(self, *arguments: str) -> "subprocess.Popen[str]":
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FLASK_")},
            "FLASK_ENVIRONMENT": "development",
            "DATABASE_URL": self.url,
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
        }
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def flask(self, *arguments: str, fails: bool = False) -> Done:
        """Run a command; it must succeed unless told that it fails."""
        return ended(self.start(*arguments), fails=fails)

    def python(self, *arguments: str) -> Done:
        """Run a program of the project."""
        return ended(self.run(*arguments), fails=False)

    def migrate(self, message: str = "Step") -> Done:
        """Write a revision and apply it."""
        written = self.flask("db", "migrate", "-m", message)
        self.flask("db", "upgrade")
        return written

    def versions(self) -> list[Path]:
        return sorted((self.folder / "migrations" / "versions").glob("*.py"), key=lambda path: path.stat().st_mtime_ns)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in one transaction; the rows of the last one."""
        engine = sa.create_engine(self.url)
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "sqlite":
                    connection.execute(sa.text("PRAGMA foreign_keys=ON"))
                for statement in statements:
                    result = connection.execute(sa.text(statement))
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()

    def inspect(self, ask: Callable[[Any], Any]) -> Any:
        engine = sa.create_engine(self.url)
        try:
            return ask(sa.inspect(engine))
        finally:
            engine.dispose()

    def tables(self) -> set[str]:
        return set(self.inspect(lambda found: found.get_table_names()))

    def columns(self, table: str) -> set[str]:
        return {column["name"] for column in self.inspect(lambda found: found.get_columns(table))}


def ended(process: "subprocess.Popen[str]", *, fails: bool) -> Done:
    out, err = process.communicate(timeout=120)
    done = Done(process.returncode, out, err)
    assert (done.code != 0) is fails, f"{process.args}: {done.code}\n{out}\n{err}"
    assert "Traceback" not in err, err
    return done


def made(folder: Path, url: str) -> Project:
    folder.mkdir()
    project = Project(folder, url.replace("postgresql://", "postgresql+psycopg://"))
    project.models(CUSTOMER)
    return project
