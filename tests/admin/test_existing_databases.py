"""A database that another program made, in a second bind: its classes are written by a command, its rows worked on."""

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from howto import blocks
from setup_faults import Mending
from tests.admin.conftest import MakeAdmin, Visit, form_values

from demijohn import db
from demijohn.database.cli import require_writer
from demijohn.database.ownership import owned_tables

SAMPLE = Path(__file__).parents[1] / "sample"
KEYS = ("--key", "erp_stock=client_code,article", "--key", "erp_shop=code")
PRICE = "N-1,cork 24"

pytestmark = pytest.mark.postgres


@pytest.fixture
def erp_url(postgres_url: str) -> str:
    """The other program's database, with a few rows."""
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql((SAMPLE / "erp.sql").read_text())
    engine.dispose()
    return postgres_url


@pytest.fixture
def app(make_admin: MakeAdmin, erp_url: str, tmp_path: Path) -> Flask:
    return make_admin("erp", database={"url": f"sqlite:///{tmp_path}/own.db", "binds": {"erp": erp_url}})


@pytest.fixture
def reader_url(erp_url: str) -> Iterator[str]:
    """The same database as somebody who may only read it."""
    engine = sa.create_engine(erp_url, isolation_level="AUTOCOMMIT")
    role = f"reader_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    yield sa.make_url(erp_url).set(username=role).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    engine.dispose()


def value(app: Flask, sql: str) -> object:
    with app.app_context(), db.engines["erp"].connect() as connection:
        return connection.scalar(sa.text(sql))


def test_the_command_writes_the_classes_and_says_what_it_left_out(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke(args=["models", "from-database", "--bind", "erp", *KEYS])

    assert (run.exit_code, run.stdout) == (0, (SAMPLE / "erp.py").read_text())
    assert run.stderr == "left out: erp_reading has no key. Name one: --key erp_reading=COLUMN[,COLUMN]\n"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("--bind", "crm"), "'crm' is no key of database.binds (known: erp)"),
        (("--bind", "erp", "--table", "nothing"), "nothing"),
        (("--bind", "erp", "--key", "erp_reading"), "is not TABLE=COLUMN[,COLUMN]"),
        (("--bind", "erp", "--key", "erp_reading=when"), "there is no 'when'"),
        (("--bind", "erp", "--out", __file__), "is there already; nothing was written"),
        ((), "there is no table to write a class for"),
    ],
    ids=[
        "no such bind",
        "no such table",
        "no column named",
        "no such column",
        "a file that exists",
        "only our own tables",
    ],
)
def test_what_the_command_cannot_do_it_says_in_one_line(app: Flask, args: tuple[str, ...], text: str) -> None:
    run = app.test_cli_runner().invoke(args=["models", "from-database", *args])

    assert run.exit_code in {1, 2}
    assert text in run.stderr
    assert "Traceback" not in run.output


@pytest.mark.mends("database/cli.py:require_writer")
def test_without_sqlacodegen_the_command_says_what_to_install(
    mending: Mending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlacodegen", None)

    fix = mending.refused(require_writer).fix

    assert fix == "pip install sqlacodegen"
    monkeypatch.undo()
    mending.started(require_writer)


def test_the_how_to_page_shows_clients_and_stock(
    erp_url: str, tmp_path: Path, make_admin: MakeAdmin, visit: Visit
) -> None:
    (code,) = blocks("existing-databases.md")
    made = {}

    def create(import_name: str, **options: Any) -> Flask:
        database = {"url": f"sqlite:///{tmp_path}/own.db", "binds": {"erp": erp_url}}
        made["app"] = make_admin("bare", database=database, **options)
        return made["app"]

    exec(code.replace("from demijohn import create_app\n", ""), {"__name__": "bare", "create_app": create})
    visitor = visit(made["app"], "*")

    assert "Nordlicht" in visitor.get("/admin/erp_client/").text
    assert "380" in visitor.get("/admin/erp_stock/").text


def test_nothing_of_it_is_made_or_migrated_here(app: Flask) -> None:
    with app.app_context():
        assert owned_tables(app, "erp") == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/admin/erp_client/", "Sol, Luna &amp; Co"),
        ("/admin/erp_client/?search=nordl", "Nordlicht"),
        ("/admin/erp_client/edit/?id=N-1", "Nordlicht"),
        ("/admin/erp_client/details/?id=S-7", "Sol, Luna &amp; Co"),
        ("/admin/erp_price/", "cork 24"),
        (f"/admin/erp_price/edit/?id={PRICE}", "0.125"),
        ("/admin/erp_movement/?search=nordlicht", "-120"),
        ("/admin/erp_movement/?flt0_pieces_greater_than=100", "500"),
        ("/admin/erp_stock/", "380"),
        ("/admin/erp_stock/details/?id=N-1,cork 24", "380"),
        ("/admin/erp_shop/", "Nordlicht"),
        ("/admin/erp_movement/export/csv/", "2026-01-05 08:30:00"),
        ("/admin/erp_movement/ajax/lookup/?name=erp_client&query=nord", "Nordlicht"),
        ("/admin/", "Erp Stock"),
    ],
)
def test_tables_and_views_are_listed_found_shown_and_exported(
    app: Flask, visit: Visit, address: str, shown: str
) -> None:
    page = visit(app, "*").get(address)

    assert page.status_code == 200
    assert shown in page.text


def test_a_row_with_a_key_of_two_columns_is_changed(app: Flask, visit: Visit) -> None:
    answer = visit(app, "*").submit(f"/admin/erp_price/edit/?id={PRICE}", net="0.5")

    assert answer.status_code == 302
    assert str(value(app, "SELECT net FROM erp_price WHERE client_code = 'N-1'")) == "0.500"


def test_a_row_is_made_where_the_database_counts_its_key_and_fills_its_moment(app: Flask, visit: Visit) -> None:
    answer = visit(app, "*").submit("/admin/erp_movement/new/", erp_client="S-7", pieces="9", booked_at="")

    assert answer.status_code == 302
    assert value(app, "SELECT count(*) FROM erp_movement WHERE pieces = 9 AND booked_at IS NOT NULL") == 1


def test_what_the_other_programs_rules_refuse_is_said_at_the_form(app: Flask, visit: Visit) -> None:
    answer = visit(app, "*").submit("/admin/erp_movement/new/", erp_client="S-7", pieces="0", booked_at="")

    assert (answer.status_code, "The database refused these values." in answer.text) == (422, True)


def test_a_view_that_the_database_cannot_change_offers_nothing_that_writes(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")
    page = visitor.get("/admin/erp_stock/").text

    assert "/admin/erp_stock/new/" not in page
    assert "/admin/erp_stock/edit/" not in page
    assert visitor.get("/admin/erp_stock/new/").status_code == 302
    assert visitor.confirm("/admin/erp_stock/delete/", {"id": "N-1,cork 24"}).status_code == 302
    assert value(app, "SELECT count(*) FROM erp_movement") == 3


def test_a_simple_view_is_changed_through(app: Flask, visit: Visit) -> None:
    visit(app, "*").submit("/admin/erp_shop/edit/?id=N-1", name="Nordlicht AS")

    assert value(app, "SELECT name FROM erp_client WHERE code = 'N-1'") == "Nordlicht AS"


def test_a_role_that_may_only_read_is_offered_only_reading(
    make_admin: MakeAdmin, reader_url: str, visit: Visit, tmp_path: Path
) -> None:
    app = make_admin("erp", database={"url": f"sqlite:///{tmp_path}/own.db", "binds": {"erp": reader_url}})
    visitor = visit(app, "*")
    page = visitor.get("/admin/erp_client/").text

    assert "Nordlicht" in page
    assert "/admin/erp_client/new/" not in page
    assert "/admin/erp_client/edit/" not in page
    assert visitor.get("/admin/erp_client/details/?id=N-1").status_code == 200


def test_a_right_that_is_taken_away_meanwhile_is_told_at_the_form(
    make_admin: MakeAdmin, reader_url: str, erp_url: str, visit: Visit, tmp_path: Path
) -> None:
    role, own = sa.make_url(reader_url).username, sa.create_engine(erp_url)
    with own.begin() as connection:
        connection.exec_driver_sql(f"GRANT UPDATE ON erp_price TO {role}")
    app = make_admin("erp", database={"url": f"sqlite:///{tmp_path}/own.db", "binds": {"erp": reader_url}})
    visitor = visit(app, "*")
    form = form_values(visitor.get(f"/admin/erp_price/edit/?id={PRICE}").text)
    with own.begin() as connection:
        connection.exec_driver_sql(f"REVOKE UPDATE (net) ON erp_price FROM {role}")
        connection.exec_driver_sql(f"REVOKE UPDATE ON erp_price FROM {role}")
        connection.exec_driver_sql(f"GRANT UPDATE (article) ON erp_price TO {role}")
    own.dispose()

    answer = visitor.send(f"/admin/erp_price/edit/?id={PRICE}", {**form, "net": "7"})

    assert (answer.status_code, "The database lets nobody write here." in answer.text) == (422, True)


def test_a_database_that_takes_no_changes_for_a_while_is_503(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")
    form = form_values(visitor.get(f"/admin/erp_price/edit/?id={PRICE}").text)
    with app.app_context():
        with db.engines["erp"].begin() as connection:
            name = connection.scalar(sa.text("SELECT current_database()"))
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        db.engines["erp"].dispose()

    answer = visitor.send(f"/admin/erp_price/edit/?id={PRICE}", {**form, "net": "7"})

    assert answer.status_code == 503
    assert "takes no changes at the moment" in answer.text
    assert "Nordlicht" in visitor.get("/admin/erp_client/").text
