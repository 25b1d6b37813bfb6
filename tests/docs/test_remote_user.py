"""The page on proxies, replayed: its variables make an application that lets in whom the proxy names."""

import os

import pytest
from tests.auth.visitor import make_user
from tests.conftest import SECRET_KEY
from tests.docs.test_howto import blocks

from demijohn import Settings, create_app, db


@pytest.fixture
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)
    header, _, people = blocks("remote-user.md", "ini")
    for line in (header + people).splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_variables")
def test_the_variables_of_the_page_let_in_whom_the_proxy_names(tmp_path: object) -> None:
    settings = Settings(environment="testing", secret_key=SECRET_KEY, database={"url": f"sqlite:///{tmp_path}/a.db"})
    app = create_app("shop", settings)
    with app.app_context():
        db.create_all()
    make_user(app)
    client = app.test_client()

    client.get("/auth/login", headers={"Remote-User": "ada@example.com"}, environ_base={"REMOTE_ADDR": "10.0.0.5"})
    opened = client.get(
        "/auth/account", headers={"Remote-User": "ada@example.com"}, environ_base={"REMOTE_ADDR": "10.0.0.5"}
    )

    assert opened.status_code == 200
    with app.app_context():
        db.engine.dispose()
