"""The code of the page on related records inside a form, run as it stands."""

from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.auth.models import user_class
from demijohn.testing_client import Client, sign_in


def test_the_page_on_related_records_saves_an_invoice_with_its_lines(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks("admin-inlines.md")
    (tmp_path / "inline_invoices.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import inline_invoices

    app = make_app("inline_invoices", admin_views=[inline_invoices.InvoiceView])
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com", is_superuser=True))
        db.session.add(inline_invoices.Ware(name="Funnel"))
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, "ada@example.com")
    line = {"lines-0-ware": "1", "lines-0-quantity": "3", "lines-0-price": "2.50"}

    answer = client.post("/admin/invoice/new/", data={"number": "I-1", **line})

    assert answer.status_code == 302, answer.text
    with app.app_context():
        found = db.session.execute(sa.select(inline_invoices.InvoiceLine)).scalar_one()
        assert (found.invoice.number, found.ware.name, found.quantity, found.price) == (
            "I-1", "Funnel", 3, Decimal("2.50"),
        )  # fmt: skip
