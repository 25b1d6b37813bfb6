"""The code of the page on imports, run as it stands."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.auth.models import user_class
from demijohn.testing_client import Client, sign_in

MODELS = """
from decimal import Decimal
from demijohn import Model
from sqlalchemy.orm import Mapped

class Book(Model):
    __tablename__ = "import_book"
    title: Mapped[str]
    price: Mapped[Decimal]

class Ledger(Model):
    __tablename__ = "import_ledger"
    title: Mapped[str]
"""


def test_the_page_on_imports_refuses_a_negative_price(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (views,) = blocks("admin-import.md")
    (tmp_path / "import_books.py").write_text(f"{MODELS}\n{views}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import import_books

    app = make_app("import_books", admin_views=[import_books.BookView, import_books.LedgerView])
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com", is_superuser=True))
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, "ada@example.com")
    file = (io.BytesIO(b"Title,Price\nGood,5\nBad,-1\n"), "books.csv")

    step = client.post("/admin/import_book/import/", data={"file": file}).location
    client.post(f"{step}map/", data={"column-0": "title", "column-1": "price"})
    page = client.get(step).text
    client.post(f"{step}write/")

    assert "A price can&#39;t be negative." in page
    assert client.get("/admin/import_ledger/import/").status_code == 403
    with app.app_context():
        assert db.session.scalars(sa.select(import_books.Book.price)).all() == [Decimal(5)]
