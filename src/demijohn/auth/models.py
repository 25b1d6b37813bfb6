"""Users, roles and the permissions roles hold."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from demijohn.database.base import Model
from demijohn.errors import SetupError

OURS = {"info": {"battery": "auth"}}


class UserBase(Model):
    """What every user has; the one class that inherits it is the user.

    Import your models before `create_app`; if none inherits it by then, demijohn makes a plain `User`.
    """

    __abstract__ = True
    __tablename__ = "user"
    __table_args__: Any = OURS

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    last_sign_in_at: Mapped[datetime | None]
    locale: Mapped[str | None] = mapped_column(sa.String(35))
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))

    is_authenticated = True
    is_anonymous = False

    @declared_attr
    def roles(cls) -> Mapped[list["Role"]]:  # noqa: N805 - a declared attribute gets the class
        return relationship(lambda: Role, secondary=lambda: user_role, lazy="selectin")

    def get_id(self) -> str:
        return str(self.id)

    def __str__(self) -> str:
        return self.email

    def __init_subclass__(cls, **kw: Any) -> None:
        old = mapped_user()
        if not vars(cls).get("__abstract__") and old is not None and not issubclass(cls, old):
            raise SetupError(
                f"{where(old)} is the user already; {where(cls)} came later.",
                fix="import your models before create_app, and let one class inherit UserBase.",
            )
        super().__init_subclass__(**kw)


class Role(Model):
    """A named set of permissions."""

    __table_args__ = OURS

    name: Mapped[str] = mapped_column(unique=True)
    permissions: Mapped[list[str]] = mapped_column(sa.JSON, default=list)

    def __str__(self) -> str:
        return self.name


user_role = sa.Table(
    "user_role",
    Model.metadata,
    sa.Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
    info={"battery": "auth"},
)


def mapped_user() -> type[UserBase] | None:
    """The project's user class, or the stock one once made; None before."""
    return next((m.class_ for m in Model.registry.mappers if issubclass(m.class_, UserBase) and not m.inherits), None)


def user_class() -> type[UserBase]:
    """The user class; makes the stock one if no project class inherits UserBase."""
    found = mapped_user()
    if found is not None:
        return found
    from demijohn.auth.stock import User

    return User


def where(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
