"""The same application wired by hand: the extensions demijohn stands on, each set up as its documentation says.

With the features demijohn has on: CSRF on every form, sign-in, headers, an audit row per change, a closed admin.
"""

import datetime as dt
import enum
import os
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask, abort, redirect, render_template_string, request
from flask_admin import Admin, AdminIndexView
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

LOGIN = """<!doctype html><html lang="en"><head><title>Sign in</title></head><body><form method="post">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<input name="email"><input name="password" type="password">
<button>Sign in</button></form></body></html>"""


class Base(DeclarativeBase): ...


db = SQLAlchemy(model_class=Base)


class Status(enum.Enum):
    draft = "draft"
    paid = "paid"


class User(UserMixin, db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]


class Customer(db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)

    def __str__(self) -> str:
        return self.name


class Order(db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    status: Mapped[Status] = mapped_column(default=Status.draft)
    total: Mapped[Decimal] = mapped_column(sa.Numeric(18, 4))
    note: Mapped[str | None]


class Change(db.Model):  # type: ignore[name-defined,misc]
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None]
    what: Mapped[str]


class ClosedView(ModelView):  # type: ignore[misc]
    column_list: Any = None
    can_export = True
    page_size = 25

    def is_accessible(self) -> bool:
        return bool(current_user.is_authenticated)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return redirect("/auth/login")

    def after_model_change(self, form: Any, model: Any, is_created: bool) -> None:  # noqa: FBT001
        db.session.add(Change(at=dt.datetime.now(dt.UTC), user_id=current_user.id, what=str(model)))
        db.session.commit()


class ClosedIndex(AdminIndexView):  # type: ignore[misc]
    def is_accessible(self) -> bool:
        return bool(current_user.is_authenticated)


class OrderView(ClosedView):
    column_list = ("customer", "status", "total", "note")
    column_searchable_list = ("customer.name", "note")
    column_filters = ("status", "total")


def create_app(url: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.environ.get("SECRET_KEY", "a-key-for-benchmarks-0123456789-abcdefgh"),
        SQLALCHEMY_DATABASE_URI=url,
        WTF_CSRF_TIME_LIMIT=None,
        MAIL_SUPPRESS_SEND=True,
    )
    db.init_app(app)
    Migrate(app, db)
    CSRFProtect(app)
    Mail(app)
    manager = LoginManager(app)
    manager.user_loader(lambda user_id: db.session.get(User, int(user_id)))
    admin = Admin(app, name="wired", index_view=ClosedIndex())
    admin.add_view(OrderView(Order, db, endpoint="admin_order", url="/admin/order"))
    admin.add_view(ClosedView(Customer, db, endpoint="admin_customer", url="/admin/customer"))

    @app.route("/auth/login", methods=["GET", "POST"])
    def login() -> Any:
        if request.method == "GET":
            return render_template_string(LOGIN)
        user = db.session.scalar(sa.select(User).where(User.email == request.form["email"]))
        if user is None or not check_password_hash(user.password_hash, request.form["password"]):
            abort(401)
        login_user(user)
        db.session.add(Change(at=dt.datetime.now(dt.UTC), user_id=user.id, what="sign in"))
        db.session.commit()
        return redirect("/admin/")

    @app.get("/hello")
    def hello() -> dict[str, str]:
        return {"hello": "world"}

    @app.after_request
    def headers(response: Any) -> Any:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        return response

    return app


def add_user(email: str, password: str) -> None:
    db.session.add(User(email=email, password_hash=generate_password_hash(password)))
    db.session.commit()
