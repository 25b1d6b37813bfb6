"""Users, roles, the permissions roles hold, and mailed tokens."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship, validates

from demijohn.auth.addresses import normalise_address
from demijohn.auth.columns import EmailAddress
from demijohn.clock import now
from demijohn.database.base import Model
from demijohn.errors import SetupError


def owned() -> dict[str, Any]:
    """What marks a table as one of this battery's; a fresh dict each, because SQLAlchemy keeps it."""
    return {"info": {"battery": "auth"}}


def new_stamp() -> str:
    """A fresh security stamp: every session that carries an older one is over."""
    return secrets.token_urlsafe(24)


GUARDED = {"battery": "auth", "guarded": True}
"""Marks the tables that may be there from before demijohn: the first revision takes them over or says what to do."""


class UserBase(Model):
    """What every user has; the one class that inherits it is the user.

    Import your models before `create_app`; if none inherits it by then, demijohn makes a plain `User`.
    """

    __abstract__ = True
    __tablename__ = "user"

    email: Mapped[str] = mapped_column(EmailAddress, unique=True, active_history=True)
    name: Mapped[str] = mapped_column(sa.String(255), default="")
    password_hash: Mapped[str | None] = mapped_column(sa.String(255), active_history=True)
    security_stamp: Mapped[str] = mapped_column(sa.String(64), default=new_stamp)
    is_active: Mapped[bool] = mapped_column(default=True, active_history=True)
    is_superuser: Mapped[bool] = mapped_column(default=False, active_history=True)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_sign_in_at: Mapped[datetime | None]
    locale: Mapped[str | None] = mapped_column(sa.String(35))
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))

    registration_fields: ClassVar[type[Any] | None] = None
    """A WTForms form whose fields a new account is asked for beside name and password, each named like its column."""

    __adopts__: ClassVar[str | None] = None
    """The table that held the accounts before demijohn; the first upgrade makes it `user`."""
    __column_names__: ClassVar[Mapping[str, str]] = {}
    """Attribute -> name of its column, where an adopted table has another."""

    is_authenticated = True
    is_anonymous = False

    def on_deletion(self) -> None:
        """Called in the transaction that deletes the account: delete, or hand over, what of yours belongs to it."""

    def personal_data(self) -> Mapping[str, Any]:
        """What your tables keep about this person, for the download of their data: name -> values."""
        return {}

    @declared_attr
    def roles(cls) -> Mapped[list["Role"]]:  # noqa: N805 - a declared attribute gets the class
        return relationship(lambda: Role, secondary=lambda: user_role, order_by=lambda: Role.name)

    @validates("email")
    def _normalise_email(self, key: str, value: str) -> str:
        del key
        return normalise_address(value)

    def get_id(self) -> str:
        return str(self.id)

    def __str__(self) -> str:
        return self.email

    def __init_subclass__(cls, **kw: Any) -> None:
        if not vars(cls).get("__abstract__"):
            refuse_second_user(cls)
            refuse_soft_user(cls)
            name_columns(cls)
            cls.__table_args__ = marked_as_owned(vars(cls).get("__table_args__", getattr(cls, "__table_args__", ())))
        super().__init_subclass__(**kw)


def name_columns(cls: type[UserBase]) -> None:
    """Give the columns of a user class the names that its `__column_names__` says.

    Raises:
        SetupError: one of them is no column of UserBase, or the key, which other tables refer to as `user.id`.
    """
    known = sorted(
        name for name, kind in UserBase.__annotations__.items() if getattr(kind, "__origin__", None) is Mapped
    )
    for attribute, name in vars(cls).get("__column_names__", {}).items():
        if attribute not in known:
            raise SetupError(
                f"{where(cls)}.__column_names__ names {attribute!r}, which is no column that every user has.",
                fix=f"use one of {', '.join(known)}",
            )
        plain = vars(UserBase).get(attribute)
        column = mapped_column() if plain is None else plain._copy()  # as SQLAlchemy does for each class
        column.column.name = column.column.key = name
        cls.__annotations__ = {**vars(cls).get("__annotations__", {}), attribute: UserBase.__annotations__[attribute]}
        setattr(cls, attribute, column)


def marked_as_owned(table_args: Any) -> Any:
    """A class's own `__table_args__`, with our mark added so that the table stays the framework's."""
    arguments = (table_args,) if isinstance(table_args, dict) else tuple(table_args)
    *constraints, options = arguments if arguments and isinstance(arguments[-1], dict) else (*arguments, {})
    return (*constraints, {**options, "info": {**options.get("info", {}), **GUARDED}})


class Role(Model):
    """A named set of permissions (`order.edit`), read and assigned as a set of names."""

    __table_args__: Any = {"info": GUARDED}

    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    description: Mapped[str] = mapped_column(sa.String(255), default="")
    grants: Mapped[set["RolePermission"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, back_populates="role"
    )
    permissions: AssociationProxy[set[str]] = association_proxy(
        "grants", "permission", creator=lambda permission: RolePermission(permission=permission)
    )

    def __str__(self) -> str:
        return self.name


class RolePermission(Model):
    """One permission that one role holds."""

    __table_args__ = owned()

    role_id: Mapped[int] = mapped_column(ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(sa.String(150), primary_key=True)
    role: Mapped[Role] = relationship(back_populates="grants")


class OneTimeToken(Model):
    """A mailed secret that works once; only its digest is kept.

    A row without a user is about an address that has no account: a registration or an invitation, or a request for an
    account that does not exist, which takes the same work and opens nothing.

    Attributes:
        payload: what was noted when it was issued; nothing secret.
    """

    __table_args__ = {"info": {"battery": "auth", "audit": False}}  # the log names what tokens are used for

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(EmailAddress)
    payload: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SpentOnce(Model):
    """The digest of something that may be used once and was; kept while it would be accepted."""

    __table_args__ = {"info": {"battery": "auth", "audit": False}}

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


user_role = sa.Table(
    "user_role",
    Model.metadata,
    sa.Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True, index=True),
    info={"battery": "auth"},
)


def tables_about_users() -> list[sa.Table]:
    """The battery's own tables of what hangs on a user, but for their roles."""
    tables = Model.metadata.sorted_tables
    return [t for t in tables if t.info.get("battery") == "auth" and "user_id" in t.c and t is not user_role]


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


def required_columns(user: type[UserBase]) -> list[str]:
    """The project's own columns that must be given when an account is made: not empty, and without a default."""
    return [
        attribute
        for attribute, column in sa.inspect(user).columns.items()
        if not (attribute in UserBase.__annotations__ or column.primary_key or column.nullable)
        and column.default is None
        and column.server_default is None
    ]


def refuse_second_user(cls: type) -> None:
    """One process has one user class (its children share its table).

    Raises:
        SetupError: another class is the user already; the text names both.
    """
    old = mapped_user()
    if old is None or issubclass(cls, old):
        return
    if old.__module__ == "demijohn.auth.stock":
        raise SetupError(
            f"{where(cls)} came too late: the plain user ({where(old)}) was already made, by create_app or by a query.",
            fix="import the module with your user class before create_app is called.",
        )
    raise SetupError(
        f"{where(old)} is the user already; {where(cls)} came later.",
        fix="let one class inherit UserBase; a second kind of user can inherit that class.",
    )


def refuse_soft_user(cls: type) -> None:
    """An account is disabled by `is_active`, which ends its sessions.

    Raises:
        SetupError: the user class is `SoftDeleted`, whose mark would end nothing.
    """
    if any(base.__module__ == "demijohn.database.softdelete" for base in cls.__mro__):
        raise SetupError(
            f"{where(cls)} is SoftDeleted, but an account that is only marked would keep its sessions and tokens.",
            fix="take SoftDeleted out of the user class; is_active disables an account.",
        )


def where(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
