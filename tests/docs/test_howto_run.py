"""How-to pages about people, the dashboard, mail, tables, settings and pages: their code run as it stands."""

import os
import re
import sys
import types
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import flask
import flask_admin
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from howto import PAGES, blocks, commands, exported
from jinja2 import DictLoader
from mailroom import Mailroom, free_port
from market_project import Project as Market
from market_project import made
from projects import SAFE, Project
from shop import Customer, Order, Status
from tests.auth.visitor import PASSWORD, Visitor, make_user
from wtforms.validators import NumberRange, ValidationError

import demijohn
from demijohn import Settings, clock, create_app, current_settings, db
from demijohn.configuration.sources import read_environment
from demijohn.database.base import Model
from demijohn.mail.inbox import messages
from demijohn.testing_client import Client, sign_in

MakeApp = Callable[..., Flask]


def typed(app: Flask, *words: str, **env: str) -> str:
    """A command of a page, typed; what it printed."""
    assert words[0] == "flask"
    done = app.test_cli_runner().invoke(args=words[1:], env=env)
    assert done.exit_code == 0, done.output
    return str(done.output)


def add_order(app: Flask) -> None:
    with app.app_context():
        customer = Customer(name="Ada", email="ada@example.com")
        db.session.add(Order(customer=customer, total=5))
        db.session.commit()


@pytest.fixture
def staffed(make_app: MakeApp) -> Flask:
    """The shop with the views of the page on accounts and the people it makes."""
    app = make_app("shop")
    (asked,) = re.findall(r"`(\{% if can\(.*?%\})…(\{% endif %\})`", (PAGES / "accounts.md").read_text())
    app.jinja_loader = DictLoader({"order.html": "may edit".join(asked)})  # type: ignore[assignment]
    names = {"app": app, "db": db, "Order": Order, "render_template": flask.render_template}
    for code in blocks("accounts.md"):
        exec(code, names)
    first = blocks("accounts.md", "sh")[0]
    for words in commands(first):
        typed(app, *words, FLASK_USER_CREATE_PASSWORD=PASSWORD)
    add_order(app)
    return app


@pytest.mark.parametrize(
    ("email", "status"), [("ada@example.com", 200), ("bob@example.com", 200), ("eve@example.com", 403), (None, 302)]
)
def test_the_people_of_the_accounts_page_may_what_it_says(staffed: Flask, email: str | None, status: int) -> None:
    make_user(staffed, "eve@example.com")
    visitor = Visitor(staffed)
    if email:
        visitor.sign_in(email)

    answer = visitor.get("/orders/1")

    assert answer.status_code == status
    assert ("may edit" in answer.text) is (status == 200)


def test_the_view_that_asks_again_lets_in_who_just_gave_the_password(
    staffed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = Visitor(staffed)
    bob.sign_in("bob@example.com")

    assert bob.post("/payouts", page="/auth/account").text == "paid"
    (seconds,) = re.findall(r"`FLASK_AUTH__RECENT_SECONDS` \((\d+)\)", (PAGES / "accounts.md").read_text())
    monkeypatch.setattr(clock, "shift", timedelta(seconds=int(seconds) + 1))
    asked = bob.post("/payouts", page="/auth/account")
    assert "/auth/confirm" in asked.headers["Location"]


def test_who_left_is_out_at_the_next_request(staffed: Flask) -> None:
    bob = Visitor(staffed)
    bob.sign_in("bob@example.com")
    assert bob.get("/orders/1").status_code == 200

    for words in commands(blocks("accounts.md", "sh")[1]):
        typed(staffed, *words)

    assert bob.get("/orders/1").status_code == 302


def test_who_is_locked_out_gets_in_after_the_commands_of_the_page(staffed: Flask) -> None:
    bob = Visitor(staffed)
    for _ in range(10):
        bob.sign_in("bob@example.com", "wrong-wrong-wrong")
    assert bob.sign_in("bob@example.com").status_code == 429

    for line in re.findall(r"`(flask user (?:unlock|password) .*?)`", (PAGES / "accounts.md").read_text()):
        typed(staffed, *line.split(), FLASK_USER_PASSWORD_PASSWORD="another-long-sentence-42")

    assert bob.sign_in("bob@example.com", "another-long-sentence-42").status_code == 302


def test_the_view_of_the_page_on_acting_as_somebody_signs_for_nobody_else(make_app: MakeApp) -> None:
    app = make_app("shop")
    exec(blocks("impersonation.md")[0], {"app": app})
    key = make_user(app)
    make_user(app, "boss@example.com", is_superuser=True)
    boss = Visitor(app)
    boss.sign_in("boss@example.com")

    assert boss.post("/contracts/sign", page="/auth/account").text == "signed"
    boss.post(f"/auth/act-as/{key}", {"reason": "ticket 4711"}, page="/auth/account")
    assert boss.post("/contracts/sign", page="/admin/").status_code == 403


def test_the_settings_of_the_page_on_passkeys_switch_them_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: object
) -> None:
    monkeypatch.setenv("FLASK_ENVIRONMENT", "testing")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/page.db")
    names: dict[str, Any] = {"__name__": "shop"}

    exec(blocks("passkeys.md")[0], names)

    app = cast("Flask", names["app"])
    with app.app_context():
        assert current_settings.auth.passkeys.most_per_user == 5
        db.engine.dispose()
    assert [rule for rule in app.url_map.iter_rules() if "passkey" in rule.rule]


@pytest.mark.browser
def test_the_device_of_the_page_on_passkeys_is_added(browser: Any) -> None:
    names: dict[str, Any] = {}
    exec(blocks("passkeys.md")[1], names)

    names["add_device"](browser)

    assert browser.virtual_authenticator_id
    browser.remove_virtual_authenticator()


def test_a_page_is_changed_from_the_projects_own_folder(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates" / "auth").mkdir(parents=True)
    (tmp_path / "templates" / "auth" / "login.html").write_text(blocks("accounts.md", "jinja")[0])
    (tmp_path / "sheets.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    page = make_app("sheets").test_client().get("/auth/login").text

    assert "No account yet?" in page
    assert "/auth/forgot" in page


@pytest.fixture
def dashboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: object) -> Any:
    """The application that the page on the dashboard makes, and a superuser's browser."""
    monkeypatch.setenv("FLASK_ENVIRONMENT", "testing")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/page.db")
    views, report, number, _, asking, forms, kept = blocks("admin.md")
    names = {
        "__name__": "shop", "Order": Order, "Status": Status, "create_app": create_app, "db": db, "func": sa.func,
        "select": sa.select, "update": sa.update, "BaseView": flask_admin.BaseView, "expose": flask_admin.expose,
        "Customer": Customer, "clock": clock, "timedelta": timedelta, "Annotated": Annotated, "Decimal": Decimal,
        "Literal": Literal, "NumberRange": NumberRange, "ValidationError": ValidationError,
    }  # fmt: skip
    for code in (views, report, number, asking, forms, kept):
        exec(code, names)
    app = cast("Flask", names["app"])
    app.extensions["admin"][0].add_view(names["DraftsView"](endpoint="drafts", url="/admin/drafts"))
    app.extensions["admin"][0].add_view(names["DiscountView"](endpoint="discounts", url="/admin/discounts"))
    app.extensions["admin"][0].add_view(names["OrderForms"](endpoint="forms", url="/admin/forms"))
    app.jinja_loader = DictLoader({"report.html": "nothing to report"})  # type: ignore[assignment]
    with app.app_context():
        db.create_all()
    add_order(app)
    client = Client(app, app.response_class)
    sign_in(client, superuser=True)
    yield app, client
    with app.app_context():
        db.engine.dispose()


def test_the_views_of_the_dashboards_page_are_there(dashboard: Any) -> None:
    _, client = dashboard

    assert "Total (EUR)" in client.get("/admin/order/").text
    assert re.search(r"Open orders.*not paid yet", client.get("/admin/").text, re.DOTALL)
    assert client.get("/admin/report/").text == "nothing to report"
    assert "Drafts, dearest first" in client.get("/admin/drafts/").text
    assert "In euros, with tax." in client.get("/admin/forms/edit/?id=1").text
    keys = ("orders-per-day", "orders-by-status", "latest-customers")
    tiles = [client.get(f"/admin/tile/{key}/").text for key in keys]
    assert ["The log says why." in tile for tile in tiles] == [False] * 3
    assert ("dm-chart-donut" in tiles[1], "ada@example.com" in tiles[2]) == (True, True)


def test_the_action_of_the_dashboards_page_asks_for_a_discount(dashboard: Any) -> None:
    app, client = dashboard
    ask = dict(
        re.findall(r'name="(rowid|rowdigest)" value="([^"]*)"', client.get("/admin/discounts/details/?id=1").text)
    )
    answers = {"action": "discount", "run_action": "1", "answer-percent": "30", "answer-reason": "late"}

    form = client.post("/admin/discounts/action/", data={**ask, "action": "discount"})
    refused = client.post("/admin/discounts/action/", data={**ask, **answers})
    done = client.post("/admin/discounts/action/", data={**ask, **answers, "answer-remark": "sorry"})

    assert "the customer is not told" in form.text
    assert (refused.status_code, "needs a remark" in refused.text, done.status_code) == (422, True, 302)
    with app.app_context():
        assert db.session.scalar(sa.select(Order.note)) == "30 % for late: sorry"

    (line,) = re.findall(r"`(flask action run .*?)`", (PAGES / "admin.md").read_text())
    assert typed(app, *line.replace(" 7 ", " 1 ").split()) == "Done: 1 record.\n"
    with app.app_context():
        assert db.session.scalar(sa.select(Order.note)) == "5 % for loyal: -"


def test_the_action_of_the_dashboards_page_pays_and_its_report_is_closed(dashboard: Any) -> None:
    app, client = dashboard

    answer = client.post("/admin/order/action/", data={"action": "pay", "rowid": "1"}, follow_redirects=True)

    assert answer.status_code in {200, 409}  # 409: the page that asks first
    if answer.status_code == 409:
        shown = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', answer.text))
        client.post("/admin/order/action/", data=shown)
    with app.app_context():
        assert db.session.scalar(sa.select(Order.status)) == Status.PAID
    assert app.test_client().get("/admin/report/").status_code == 302


def test_the_model_on_the_dashboards_page_has_the_last_word_about_secrets(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("partners")
    monkeypatch.setitem(sys.modules, "partners", module)
    vars(module).update({"Model": Model, "Mapped": sa.orm.Mapped, "mapped_column": sa.orm.mapped_column})
    exec(blocks("admin.md")[3], vars(module))
    app = make_app("partners")
    client = Client(app, app.response_class)
    sign_in(client, superuser=True)

    page = client.get("/admin/partner/new/").text

    assert 'name="api_key"' in page
    assert 'name="iban"' not in page


def test_the_mails_of_the_page_are_written_and_read(make_app: MakeApp) -> None:
    app = make_app("shop", public_url="https://shop.example")
    app.add_url_rule("/orders/<int:key>", "show_order", lambda key: "")
    pages = blocks("mail.md", "jinja")
    app.jinja_loader = DictLoader({"mail/paid.txt": pages[0], "mail/paid.html": pages[1]})  # type: ignore[assignment]
    add_order(app)
    paid, attached, read = blocks("mail.md")

    with app.app_context():
        names = {"app": app, "order": db.session.get(Order, 1), "Status": Status, "db": db, "pdf": b"%PDF"}
        exec(paid + read, names)
        message = messages(app)[-1]
        assert "https://shop.example/orders/1" in message.html
        assert "Order 1 is paid" in message.text
        exec(attached, names)
        assert [file.name for file in messages(app)[-1].attachments] == ["invoice.pdf"]


def test_the_variables_of_the_mail_page_name_servers(
    monkeypatch: pytest.MonkeyPatch, clean_environment: object
) -> None:
    said = [word for words in commands(blocks("mail.md", "text")[0]) for word in words]
    assert [word.partition("=")[0] for word in said] == ["MAIL_URL", "MAIL_URL", "FLASK_MAIL__DEFAULT_SENDER"]

    for word in said:
        monkeypatch.setenv(*word.split("=", 1))
        assert Settings().mail.url is not None


@pytest.mark.parametrize("line", re.findall(r"^- `(flask mail .*?)`", (PAGES / "mail.md").read_text(), re.MULTILINE))
def test_the_commands_of_the_mail_page_run_against_a_server(make_app: MakeApp, line: str) -> None:
    server = Controller(Mailroom(), hostname="127.0.0.1", port=free_port())
    server.start()
    app = make_app("shop", mail={"backend": "smtp", "url": f"smtp://127.0.0.1:{server.port}"})

    typed(app, *line.replace("[ID…]", "").replace("[", "").replace("]", "").split())

    server.stop()


def test_the_commands_of_the_migrations_page_make_the_tables(tmp_path: Path) -> None:
    project = made(tmp_path / "work", f"sqlite:///{tmp_path}/test.db")

    for name, *words in commands(blocks("migrations.md", "sh")[0]):
        assert name == "flask"
        project.flask(*words)

    assert {"customer", "order", "user"} <= project.tables()
    assert (project.folder / "migrations" / "env.py").exists()


@pytest.mark.postgres
def test_an_index_is_made_without_stopping_writes_as_the_page_says(tmp_path: Path, postgres_url: str) -> None:
    project: Market = made(tmp_path / "work", postgres_url)
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.flask("db", "revision", "-m", "Index")
    path = project.versions()[-1]
    (code,) = re.findall(r"`(with op\.get_context.*?)`", (PAGES / "migrations.md").read_text(), re.DOTALL)
    whole = re.sub(r"\s+", " ", code).replace("…", "'ix_name', 'customer', ['name']")
    path.write_text(path.read_text().replace("pass", whole, 1))

    project.flask("db", "upgrade")

    assert "ix_name" in {index["name"] for index in project.inspect(lambda found: found.get_indexes("customer"))}


def test_the_variables_and_the_arguments_of_the_settings_page_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: object
) -> None:
    said = exported(blocks("settings.md", "console")[0])
    monkeypatch.setenv("FLASK_ENVIRONMENT", "testing")
    names: dict[str, Any] = {"__name__": "bare"}
    monkeypatch.setenv("FLASK_FEATURES__DATABASE", "false")
    exec(blocks("settings.md")[0], names)

    for name, value in said.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    with names["app"].app_context():
        assert (settings.name, settings.admin.page_size) == (current_settings.name, current_settings.admin.page_size)
    assert settings.database.url is not None
    assert set(said) <= set(read_environment({})[0])


def test_the_own_settings_of_the_page_start_an_application(project: Project) -> None:
    own, start = blocks("settings.md")[1:]
    project.write("shop/settings.py", own)
    project.write(
        "shop/__init__.py",
        "from demijohn import create_app, current_settings\nfrom typing import cast\n"
        f"from shop.settings import Settings\n\n{start}\n\n"
        "with app.app_context():\n"
        '    settings = cast("Settings", current_settings)\n'
        "    print(settings.region, settings.billing.limit, app.config['BILLING_LIMIT'])\n",
    )
    (project.folder / "shop.py").unlink()
    env = SAFE | {"FLASK_FEATURES__DATABASE": "false", "FLASK_BILLING__LIMIT": "20"}

    refused = project.python("import shop", env=env)
    started = project.python("import shop", env=env | {"FLASK_REGION": "Alentejo"})

    assert "FLASK_REGION is not set" in refused.err
    assert started.out.split() == ["Alentejo", "20", "20"], started.err


def test_a_key_changed_as_the_settings_page_says_ends_no_session(project: Project) -> None:
    lines = [line.removeprefix("$ ") for line in blocks("settings.md", "console")[1].splitlines()]
    code = (
        "import os, shop, sys\nfrom flask.sessions import SecureCookieSessionInterface\n"
        "signer = SecureCookieSessionInterface().get_signing_serializer(shop.app)\n"
        "print(signer.dumps({'a': 1}) if len(sys.argv) < 2 else signer.loads(sys.argv[1]), os.environ['SECRET_KEY'])\n"
    )
    project.write("ask.py", code)
    env = SAFE | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    before, old_key = project.run("python", "ask.py", env=env).out.split()

    changed = project.run("sh", "-c", "\n".join([*lines, f"python ask.py {before}"]), env=env)

    assert changed.out.startswith("{'a': 1}"), changed.err
    assert old_key not in changed.out


def test_a_page_of_your_own_on_our_frame_costs_no_query_and_sets_no_cookie(make_app: MakeApp) -> None:
    app = make_app("shop")
    app.jinja_loader = DictLoader({"orders.html": blocks("templates.md", "jinja")[0]})  # type: ignore[assignment]
    app.add_url_rule("/orders", "orders", lambda: flask.render_template("orders.html"))
    seen: list[str] = []
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    answer = app.test_client().get("/orders")

    assert "<title>Orders</title>" in answer.text
    assert "<h1>Orders</h1>" in answer.text
    assert (seen, answer.headers.getlist("Set-Cookie")) == ([], [])


def test_every_name_on_the_page_about_templates_is_there(make_app: MakeApp) -> None:
    app = make_app("shop")
    text = (PAGES / "templates.md").read_text(encoding="utf-8")
    static = Path(demijohn.__file__).parent / "static"
    files = {name: (static / name).read_text() for name in ("demijohn.css", "demijohn.js", "icons.svg")}
    rows = [re.findall(r"`([\w-]+)`", line.split("|")[1]) for line in text.splitlines() if line.startswith("| `")]
    listed = [name for row in rows for name in row]
    of_frame = {"title", "head", "nav", "flashes", "content", "scripts", "body_class", "main_class"}

    with app.test_request_context():
        template = app.jinja_env.get_template("demijohn/base.html")
        assert of_frame == set(template.blocks) & set(listed)
        for icon in re.findall(r"\{\{ (dm_icon\(.*?\)) \}\}", text):
            assert "pencil" in flask.render_template_string(f"{{{{ {icon} }}}}")
    assert 'id="pencil"' in files["icons.svg"]
    assert [name for name in set(listed) - of_frame if not re.search(rf"\.{name}\b", files["demijohn.css"])] == []
    attributes = re.findall(r"`(data-[\w-]+)`", text.partition("looks for")[2])
    read = {name: re.sub(r"-(\w)", lambda match: match[1].upper(), name.removeprefix("data-")) for name in attributes}
    script = files["demijohn.js"]
    assert [name for name, key in read.items() if name not in script and f"dataset.{key}" not in script] == []
