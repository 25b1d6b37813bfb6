"""The code of the page on permissions, run as it stands."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.auth.models import Role, user_class
from demijohn.testing_client import Client, sign_in


def test_the_permissions_page_gives_everybody_their_own_rows(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, views, record, fields, _ = blocks("permissions.md")
    (tmp_path / "deals.py").write_text(f"{models}\n{fields}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    app = make_app("deals")
    exec(f"{views}\n{record}", names := {**vars(import_module("deals")), "app": app})
    with app.app_context():
        deal, region = names["Deal"], names["Region"]
        north, south = region(name="North", manager_id=1), region(name="South")
        db.session.add_all([deal(title="a", region=north), deal(title="b", region=south, seller_id=1)])
        db.session.add_all([deal(title="c", region=south, seller_id=2), one_agent("deal.view")])
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, "agent@example.com")

    assert client.get("/deals").json == [{"title": t, "may_edit": False} for t in "ab"]
    assert client.get("/deals/count").json == {"deals": 2}
    assert [client.get(f"/deals/{key}").status_code for key in (1, 3, 9)] == [200, 404, 404]


def one_agent(*permissions: str) -> Any:
    return user_class()(id=1, email="agent@example.com", roles=[Role(name="agents", permissions=set(permissions))])
