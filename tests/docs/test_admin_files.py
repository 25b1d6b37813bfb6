"""The code of the page on files in records, run as it stands."""

import io
from pathlib import Path

import pytest
from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.auth.models import user_class
from demijohn.testing_client import Client, sign_in


def test_the_page_on_files_keeps_a_data_sheet(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, own_code = blocks("admin-files.md")
    (tmp_path / "file_bottles.py").write_text(model + own_code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import file_bottles

    app = make_app("file_bottles", admin={"uploads_folder": str(tmp_path / "uploads")})
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com", is_superuser=True))
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, "ada@example.com")

    sheet = (io.BytesIO(b"%PDF-1.7"), "sheet.pdf")
    answer = client.post("/admin/bottle/new/", data={"name": "Carboy", "data_sheet": sheet})

    assert answer.status_code == 302, answer.text
    with app.app_context():
        bottle = db.session.get(file_bottles.Bottle, 1)
        assert bottle.data_sheet.name == "sheet.pdf"
        file_bottles.make_sheet(bottle, "glass")
        assert file_bottles.read_sheet(bottle) == "glass"
        assert len([path for path in (tmp_path / "uploads" / "files").rglob("*") if path.is_file()]) == 1
