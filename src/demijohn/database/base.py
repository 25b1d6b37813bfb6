"""Model and db: the typed base of every mapped class, and Flask-SQLAlchemy on top of it."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.model import BindMixin, NameMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from demijohn.database.decimals import exact, inexact
from demijohn.database.display import readable
from demijohn.database.engines import prepare_engine
from demijohn.database.types import CHOICE, DOCUMENT, JSON_ANNOTATIONS, KEY, MONEY, LongText, UTCDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

if TYPE_CHECKING:

    class FlaskMixins: ...  # the real two make mypy reject every user's own mixin
else:

    class FlaskMixins(BindMixin, NameMixin):
        @classmethod
        def __table_cls__(cls, *args: Any, **options: Any) -> sa.Table | None:
            return super().__table_cls__(*map(exact if cls.managed else inexact, args), **options)


class Model(FlaskMixins, DeclarativeBase):
    """The base of every mapped class, with one type map for every database (`docs/reference/models.md`)."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: KEY,
        str: sa.String(255),
        LongText: sa.Text(),
        Decimal: MONEY,
        dt.datetime: UTCDateTime(),
        enum.Enum: CHOICE,
        Literal: CHOICE,
        **dict.fromkeys(JSON_ANNOTATIONS, DOCUMENT),
    }

    managed: ClassVar[bool] = True
    """False on a model over a table that someone else creates and migrates."""

    id: Mapped[int] = mapped_column(KEY, primary_key=True, sort_order=-100)

    def __init_subclass__(cls, **kw: Any) -> None:
        if "id" not in vars(cls) and has_own_key(cls):
            cls.id = None  # type: ignore[assignment]
        super().__init_subclass__(**kw)

    def __str__(self) -> str:
        return readable(self)


def has_own_key(cls: type) -> bool:
    """Whether the class, or a mixin of it, declares a key, so that it gets none of ours."""
    for base in cls.__mro__[: cls.__mro__.index(Model)]:
        table = vars(base).get("__table__")
        if isinstance(table, sa.FromClause):
            return "id" not in table.c
        declared = vars(base).get("__table_args__", ())
        if isinstance(declared, tuple) and any(isinstance(item, sa.PrimaryKeyConstraint) for item in declared):
            return True
        for name, value in vars(base).items():
            column = value.column if isinstance(value, MappedColumn) else value
            if name != "id" and isinstance(column, sa.Column) and column.primary_key:
                return True
    return False


class Database(SQLAlchemy):
    """Flask-SQLAlchemy whose `db.Model` is our `Model` and whose engines are made ready for concurrent work.

    A plain DeclarativeBase: Flask-SQLAlchemy 3.1.1 makes one itself in a way that SQLAlchemy 2.1 refuses (its issue
    1420).
    """

    def _make_declarative_base(self, model_class: Any, disable_autonaming: bool = False) -> Any:  # noqa: FBT001, FBT002
        del disable_autonaming
        model_class.__fsa__ = self  # BindMixin looks here
        model_class.metadata.info["bind_key"] = None
        self.metadatas[None] = model_class.metadata
        return model_class

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> sa.Engine:
        return prepare_engine(super()._make_engine(bind_key, options, app), app)

    def _call_for_binds(self, bind_key: str | list[str | None] | None, op_name: str) -> None:
        """Create or drop this application's tables only; other applications of the process share the metadata."""
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        if op_name not in {"create_all", "drop_all"} or "demijohn" not in app.extensions:
            super()._call_for_binds(bind_key, op_name)
            return
        from demijohn.database.ownership import owned_tables

        keys = (
            list(self.engines) if bind_key == "__all__" else [bind_key] if not isinstance(bind_key, list) else bind_key
        )
        for key in keys:
            if key not in self.engines:
                raise sa.exc.UnboundExecutionError(f"Bind key {key!r} is not in 'SQLALCHEMY_BINDS' config.")
            getattr(self.metadatas[key], op_name)(bind=self.engines[key], tables=owned_tables(app, key))


db = Database(model_class=Model)
"""Flask-SQLAlchemy's object; the one module-level state, because models need it when they are imported."""
