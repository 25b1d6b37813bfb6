"""Model and db: the typed base of every mapped class, and Flask-SQLAlchemy on top of it."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.model import BindMixin, NameMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from demijohn.database.types import KEY, MONEY, LongText, UTCDateTime

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

    class FlaskMixins(BindMixin, NameMixin): ...


class Model(FlaskMixins, DeclarativeBase):
    """The base of every mapped class, with one type map for every database (`docs/reference/models.md`)."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: KEY,
        str: sa.String(255),
        LongText: sa.Text(),
        Decimal: MONEY,
        dt.datetime: UTCDateTime(),
        enum.Enum: sa.Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=False,
            length=64,
            values_callable=lambda members: [str(member.value) for member in members],
        ),
    }

    id: Mapped[int] = mapped_column(KEY, primary_key=True, sort_order=-100)

    def __init_subclass__(cls, **kw: Any) -> None:
        bases = cls.__mro__[: cls.__mro__.index(Model)]
        own = [value for base in bases for name, value in vars(base).items() if name != "id"]
        if "id" not in vars(cls) and any(getattr(getattr(v, "column", v), "primary_key", False) for v in own):
            cls.id = None  # type: ignore[assignment]  # it has a key of its own
        super().__init_subclass__(**kw)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy whose `db.Model` is our `Model`.

    A plain DeclarativeBase: Flask-SQLAlchemy 3.1.1 makes one itself in a way that SQLAlchemy 2.1 refuses (its issue
    1420).
    """

    def _make_declarative_base(self, model_class: Any, disable_autonaming: bool = False) -> Any:  # noqa: FBT001, FBT002
        del disable_autonaming
        model_class.__fsa__ = self  # BindMixin looks here
        model_class.metadata.info["bind_key"] = None
        self.metadatas[None] = model_class.metadata
        return model_class


db = Database(model_class=Model)
"""Flask-SQLAlchemy's object; the one module-level state, because models need it when they are imported."""
