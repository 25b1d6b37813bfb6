"""Saved queries: what they show and to whom, and that they can do nothing but read what is no secret."""

import contextlib
import csv
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from howto import blocks, exported
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add

from demijohn import db
from demijohn.admin.queries.answers import Limits, QueryRefused, fetched
from demijohn.admin.queries.models import SavedQuery
from demijohn.admin.queries.parameters import is_day, names_in, numbered
from demijohn.admin.queries.role import grants
from demijohn.audit.models import AuditEntry
from demijohn.auth.permissions import all_permissions
from demijohn.checks import run_checks
from demijohn.state import state_of

HOME = "/admin/-/queries/"
PIECE = {"X-Requested-With": "fetch"}


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select :a, :b, :a", ["a", "b"]),
        ("select ':no', '12:30', \":no\", x::date, a[1:n]", []),
        ("select 1 -- :no\n, :yes /* :no */", ["yes"]),
        ("select $$ :no $$, $x$ :no $x$, E'\\':no', 'it''s :no'", []),
    ],
)
def test_parameters_are_found_where_values_can_stand(sql: str, names: list[str]) -> None:
    assert names_in(sql) == names


def test_numbered_parameters_know_where_they_came_from() -> None:
    sql = "select :since, :since, :until FORM x"

    query = numbered(sql)

    assert (query.text, query.names) == ("select $1, $1, $2 FORM x", ("since", "until"))
    assert query.origin(query.text.index("FORM")) == sql.index("FORM")


def test_names_of_days_are_asked_as_days() -> None:
    assert [is_day(name) for name in ("since", "placed_on", "birth_date", "name", "sunday")] == [True] * 3 + [False] * 2


@pytest.fixture
def reader_url(database_url: str) -> Iterator[str | None]:
    """Where queries are read: on PostgreSQL by a role of their own, which is gone afterwards."""
    url = sa.make_url(database_url)
    if url.get_backend_name() != "postgresql":
        yield None
        return
    role = f"reader_{url.database}"
    yield url.set(username=role).render_as_string(hide_password=False)
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, contextlib.suppress(sa.exc.DBAPIError):
        connection.execute(sa.text(f'DROP OWNED BY "{role}"'))
        connection.execute(sa.text(f'DROP ROLE "{role}"'))
    engine.dispose()


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str, reader_url: str | None) -> Flask:
    """The shop with two orders, and queries on, each of half a second and fifty rows at most."""
    sql = {"enabled": True, "seconds": 0.5, "max_rows": 50, **({"url": reader_url} if reader_url else {})}
    app = make_admin(database={"url": database_url}, admin={"sql": sql})
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, Order(customer=ada, total=Decimal(5), status=Status.PAID), Order(customer=ada, total=Decimal(7)))
    if reader_url:
        give(app, list(grants_of(app, reader_url)))
    return app


def grants_of(app: Flask, url: str) -> list[str]:
    with app.app_context():
        return list(grants(app, str(sa.make_url(url).username)))


def give(app: Flask, statements: list[str]) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.fixture
def writer(app: Flask, visit: Visit) -> Visitor:
    return visit(app, "admin.sql")


ORDERS = 'SELECT status, count(*) AS pieces FROM "order" GROUP BY status ORDER BY status'


def kept(app: Flask, sql: str = ORDERS, **values: Any) -> int:
    with app.app_context():
        query = SavedQuery(**{"title": "Orders by status", "sql": sql, **values})
        db.session.add(query)
        db.session.commit()
        return query.id


def tried(visitor: Visitor, sql: str, **fields: str) -> tuple[int, str]:
    """Status, and what is shown, of a query that is tried."""
    answer = visitor.send(f"{HOME}new/", {"sql": sql, "try": "1", "shown_as": "table", "permission": "", **fields})
    errors = re.search(r'<ul class="dm-errors" id="sql-help">(.*?)</ul>', answer.text, re.DOTALL)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", answer.text)
    return answer.status_code, errors.group(1) if errors else "|".join(cells)


def entries(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        rows = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "sql.run").order_by(AuditEntry.id))
        return [{name: new for name, (_, new) in row.changes.items()} | {"key": row.key} for row in rows]


def test_a_query_is_tried_saved_and_shown(app: Flask, writer: Visitor) -> None:
    assert tried(writer, ORDERS) == (200, "draft|1|paid|1")

    saved = writer.send(
        f"{HOME}new/", {"title": "By status", "sql": ORDERS, "shown_as": "bar", "permission": "order.view"}
    )

    assert saved.status_code == 302
    page = writer.get(saved.headers["Location"]).text
    assert ("<h1>By status</h1>" in page, "dm-chart-bar" in page) == (True, True)
    assert "By status" in writer.get(HOME).text


@pytest.mark.parametrize(("kind", "mark"), [("table", "dm-rows"), ("number", "draft</p>"), ("donut", "dm-chart-donut")])
def test_an_answer_is_a_table_a_number_or_a_chart(app: Flask, writer: Visitor, kind: str, mark: str) -> None:
    key = kept(app, shown_as=kind)

    assert mark in writer.get(f"{HOME}{key}/").text


def test_every_run_is_in_the_log_with_who_how_long_and_how_many(app: Flask, writer: Visitor) -> None:
    key = kept(app, 'SELECT 1 FROM "order" WHERE note = :remark OR 1 = 1')

    writer.get(f"{HOME}{key}/?p-remark=x")
    tried(writer, "SELECT name FROM nowhere")

    one, other = entries(app)
    assert {name: one[name] for name in ("key", "title", "remark", "rows")} == {
        "key": str(key),
        "title": "Orders by status",
        "remark": "x",
        "rows": 2,
    }
    assert one["milliseconds"] >= 0
    assert other["sql"] == "SELECT name FROM nowhere"
    assert "nowhere" in other["refused"]


def is_postgresql(app: Flask) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "postgresql"


WRITES = {
    "insert": "INSERT INTO customer (id, name, email) VALUES (99, 'x', 'x')",
    "update": "UPDATE \"order\" SET note = 'x'",
    "delete": 'DELETE FROM "order"',
    "drop": 'DROP TABLE "order"',
    "create": "CREATE TABLE stolen AS SELECT * FROM customer",
    "write in a with": 'WITH gone AS (DELETE FROM "order" RETURNING *) SELECT * FROM gone',
    "two statements": 'SELECT 1; DELETE FROM "order"',
    "two statements and a commit": 'SELECT 1; COMMIT; DELETE FROM "order"; BEGIN; SELECT 1',
    "attach": "ATTACH DATABASE 'other.db' AS other",
    "vacuum into": "VACUUM INTO 'stolen.db'",
    "pragma": "PRAGMA query_only = OFF",
    "pragma as a table": "SELECT * FROM pragma_database_list",
    "copy out": "COPY customer TO STDOUT",
    "copy to a program": "COPY customer TO PROGRAM 'cat > stolen'",
    "set": "SET TRANSACTION READ WRITE",
    "reset role": "RESET ROLE",
    "do": 'DO $$ BEGIN DELETE FROM "order"; END $$',
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "load extension": "SELECT load_extension('x')",
    "select into": "SELECT * INTO stolen FROM customer",
    "for update": 'SELECT * FROM "order" FOR UPDATE',
    "write mode": "SELECT set_config('transaction_read_only', 'off', true)",
    "nothing": "-- nothing",
}


@pytest.mark.parametrize("sql", WRITES.values(), ids=WRITES)
def test_nothing_but_one_reading_statement_is_run(app: Flask, writer: Visitor, sql: str) -> None:
    status, told = tried(writer, sql)

    assert status == 422
    assert told
    with app.app_context():
        assert db.session.scalars(sa.select(Order.note)).all() == [None, None]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1
        assert not sa.inspect(db.engine).has_table("stolen")


SECRETS = {
    "by name": 'SELECT password_hash FROM "user"',
    "all columns": 'SELECT * FROM "user"',
    "in a condition": "SELECT id FROM \"user\" WHERE security_stamp LIKE 'a%'",
    "in a subquery": 'SELECT (SELECT max(password_hash) FROM "user")',
    "in a with": 'WITH u AS (SELECT password_hash AS p FROM "user") SELECT p FROM u',
    "in the order": 'SELECT id FROM "user" ORDER BY password_hash',
    "sessions": "SELECT data FROM user_session",
    "tokens": "SELECT payload FROM one_time_token",
    "mail": "SELECT body FROM outgoing_mail",
    "files": "SELECT body FROM admin_file_part",
    "a whole row": 'SELECT u::text FROM "user" u',
    "dynamic": "SELECT query_to_xml('select password_hash from \"user\"', true, true, '')",
    "statistics": "SELECT * FROM sqlite_stat1",
    "other people's statistics": "SELECT password_hash FROM pg_authid",
    "another role": "SELECT set_config('role', 'postgres', true), (SELECT max(password_hash) FROM \"user\")",
}


@pytest.mark.parametrize("sql", SECRETS.values(), ids=SECRETS)
def test_no_secret_is_read_in_any_way(app: Flask, writer: Visitor, sql: str) -> None:
    status, told = tried(writer, sql)

    assert status == 422, told
    assert "argon2" not in told


def test_what_is_no_secret_is_read_of_people_too(writer: Visitor) -> None:
    assert tried(writer, 'SELECT email FROM "user"')[0] == 200


def test_a_project_decides_what_is_secret(app: Flask, writer: Visitor) -> None:
    status, told = tried(writer, "SELECT count(*) AS people, max(name) AS last FROM customer")

    assert (status, told) == (200, "1|Ada")


def test_a_table_without_a_model_hides_what_is_secret_by_name(app: Flask, writer: Visitor, reader_url: str) -> None:
    give(app, ["CREATE TABLE legacy (id INTEGER, api_token TEXT)"])
    if reader_url:
        role = sa.make_url(reader_url).username
        give(app, [f'GRANT SELECT (id) ON legacy TO "{role}"'])

    assert tried(writer, "SELECT id FROM legacy")[0] == 200
    assert tried(writer, "SELECT api_token FROM legacy")[0] == 422


SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(20)",
}


def test_a_query_is_broken_off_when_its_time_is_up(app: Flask, writer: Visitor) -> None:
    began = time.monotonic()

    status, told = tried(writer, SLOW["postgresql" if is_postgresql(app) else "sqlite"])

    assert (status, told) == (422, "<li>This took too long.</li>")
    assert time.monotonic() - began < 10


class Dripping:
    """A cursor whose every part is in time, and all of them together are not."""

    def fetchmany(self, count: int) -> list[tuple[int]]:
        time.sleep(0.02)
        return [(1,)] * count


def test_the_parts_of_an_answer_together_have_one_time() -> None:
    with pytest.raises(QueryRefused) as caught:
        fetched(Dripping(), Limits(seconds=0.05, rows=100_000))

    assert caught.value.is_late


def test_a_query_cannot_give_itself_more_time(app: Flask, writer: Visitor) -> None:
    if not is_postgresql(app):
        pytest.skip("SQLite has no setting for it")

    assert tried(writer, "SELECT set_config('statement_timeout', '0', false), pg_sleep(20)")[1] == (
        "<li>This took too long.</li>"
    )


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "postgresql": "SELECT generate_series(1, 100000000)",
}


def test_of_a_huge_answer_the_first_rows_are_shown(app: Flask, writer: Visitor) -> None:
    key = kept(app, ENDLESS["postgresql" if is_postgresql(app) else "sqlite"])

    page = writer.get(f"{HOME}{key}/").text

    assert "These are the first 50 rows." in page
    assert len(writer.get(f"{HOME}{key}/csv/").text.splitlines()) == 51


def test_a_wide_answer_is_cut(app: Flask, writer: Visitor) -> None:
    wide = "SELECT repeat('x', 1000000)" if is_postgresql(app) else "SELECT hex(zeroblob(500000))"

    assert len(tried(writer, wide)[1]) < 1_000


@pytest.mark.parametrize(
    "value",
    ["Ada' OR '1'='1", "x'; DROP TABLE customer; --", "%(name)s", "$1", "\\", "{0}", ":name"],
)
def test_a_parameter_is_bound_and_never_part_of_the_text(app: Flask, writer: Visitor, value: str) -> None:
    key = kept(app, "SELECT name FROM customer WHERE name = :name")

    answer = writer.client.get(f"{HOME}{key}/", query_string={"p-name": value})
    right = writer.client.get(f"{HOME}{key}/", query_string={"p-name": "Ada"})

    assert ("<td>Ada</td>" in answer.text, "<td>Ada</td>" in right.text) == (False, True)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1


def test_a_query_that_asks_is_run_once_it_was_answered(app: Flask, writer: Visitor) -> None:
    key = kept(app, "SELECT name FROM customer WHERE CAST(:since AS TEXT) IS NULL OR name = :who")

    page = writer.get(f"{HOME}{key}/").text

    assert 'name="p-since" value="" type="date"' in page
    assert 'name="p-who" value="" type="text"' in page
    assert entries(app) == []
    assert "<td>Ada</td>" in writer.get(f"{HOME}{key}/?p-since=&p-who=x").text


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT name\nFORM customer x", "Line 2, column 6"),
        ("SELECT 1,\n  nonsense\nFROM customer", "Line 2, column 3"),
        ("SELECT :a, :a,\n  nonsense FROM customer", "Line 2, column 3"),
        ("SELECT * FROM nowhere", "Line 1, column 15"),
    ],
)
def test_what_the_database_says_stands_at_the_field_with_its_place(
    app: Flask, writer: Visitor, sql: str, place: str
) -> None:
    status, told = tried(writer, sql)

    assert status == 422
    assert place in told or (not is_postgresql(app) and place == "Line 2, column 6" and "customer" in told)
    assert "Traceback" not in told


def test_a_query_that_the_database_refuses_is_not_saved(app: Flask, writer: Visitor) -> None:
    answer = writer.send(f"{HOME}new/", {"title": "T", "sql": "SELEC 1", "shown_as": "table", "permission": ""})

    assert answer.status_code == 422
    assert "SELEC 1" in answer.text
    with app.app_context():
        assert db.session.scalars(sa.select(SavedQuery)).all() == []


@pytest.mark.parametrize("field", ["shown_as", "permission"])
def test_the_form_takes_no_kind_and_no_permission_that_is_none(app: Flask, writer: Visitor, field: str) -> None:
    fields = {"title": "T", "sql": "SELECT 1", "shown_as": "table", "permission": "", field: "made.up"}

    assert writer.send(f"{HOME}new/", fields).status_code == 422


def test_of_two_people_who_edit_one_query_the_second_is_told(app: Flask, writer: Visitor, visit: Visit) -> None:
    key = kept(app)
    address = f"{HOME}{key}/edit/"
    stale = re.search(r'name="record_digest" value="(\w+)"', writer.get(address).text).group(1)  # type: ignore[union-attr]
    fields = {"title": "Mine", "sql": "SELECT 1", "shown_as": "table", "permission": ""}
    assert visit(app, "*").submit(address, title="Theirs", sql="SELECT 2 AS theirs").status_code == 302

    refused = writer.send(address, {**fields, "record_digest": stale})

    assert refused.status_code == 409
    assert ("Mine" in refused.text, "SELECT 2 AS theirs" in refused.text) == (True, True)
    assert writer.send(address, {**fields, "record_digest": ""}).status_code == 409
    with app.app_context():
        assert db.session.get_one(SavedQuery, key).title == "Theirs"


Door = Callable[[Visitor, int], Any]
DOORS: dict[str, Door] = {
    "answer": lambda visitor, key: visitor.get(f"{HOME}{key}/"),
    "file": lambda visitor, key: visitor.get(f"{HOME}{key}/csv/"),
    "tile": lambda visitor, key: visitor.get(f"/admin/tile/query-{key}/"),
}
WRITING: dict[str, Door] = {
    "new": lambda visitor, key: visitor.get(f"{HOME}new/"),
    "edit": lambda visitor, key: visitor.get(f"{HOME}{key}/edit/"),
    "try": lambda visitor, key: visitor.send(f"{HOME}new/", {"sql": "SELECT 1", "try": "1"}),
    "save": lambda visitor, key: visitor.send(f"{HOME}{key}/edit/", {"title": "x", "sql": "SELECT 1"}),
    "delete": lambda visitor, key: visitor.send(f"{HOME}{key}/delete/", {}),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_an_answer_is_for_people_with_its_permission_and_for_writers(app: Flask, visit: Visit, door: Door) -> None:
    key = kept(app, permission="order.view", is_on_board=True)

    answers = [door(visit(app, *held), key).status_code for held in ((), ("customer.view",), ("order.view",), ("*",))]

    assert answers == [302, 404, 200, 200]


def test_an_answer_without_a_permission_is_for_writers_alone(app: Flask, visit: Visit) -> None:
    key = kept(app, is_on_board=True)
    staff, writer = visit(app, "order.view"), visit(app, "admin.sql")

    assert [door(staff, key).status_code for door in DOORS.values()] == [404, 404, 404]
    assert [door(writer, key).status_code for door in DOORS.values()] == [200, 200, 200]
    assert "Orders by status" not in staff.get(HOME).text + staff.get("/admin/").text


@pytest.mark.parametrize("door", WRITING.values(), ids=WRITING)
def test_only_who_holds_admin_sql_writes(app: Flask, visit: Visit, door: Door) -> None:
    key = kept(app, permission="order.view")

    assert [door(visit(app, *held), key).status_code for held in ((), ("order.view", "order.edit"))] == [302, 403]
    with app.app_context():
        assert db.session.get_one(SavedQuery, key).sql == ORDERS


def test_who_only_looks_sees_neither_the_text_nor_what_is_wrong_with_it(app: Flask, visit: Visit) -> None:
    key = kept(app, "SELECT nonsense FROM customer", permission="order.view")

    page = visit(app, "order.view").get(f"{HOME}{key}/").text

    assert "nonsense" not in page
    assert "This query could not be answered." in page


@pytest.mark.parametrize("address", ["new/", "1/edit/", "1/delete/"])
def test_a_forged_request_changes_nothing(app: Flask, writer: Visitor, address: str) -> None:
    kept(app)

    answer = writer.client.post(HOME + address, data={"sql": "SELECT 1", "title": "x", "csrf_token": "made-up"})

    assert answer.status_code == 400
    assert entries(app) == []
    with app.app_context():
        assert [query.title for query in db.session.scalars(sa.select(SavedQuery))] == ["Orders by status"]


def test_a_query_is_deleted_by_a_post(app: Flask, writer: Visitor) -> None:
    key = kept(app)

    assert writer.get(f"{HOME}{key}/delete/").status_code == 405
    assert writer.send(f"{HOME}{key}/delete/", {}).status_code == 302
    assert writer.get(f"{HOME}{key}/").status_code == 404


def test_a_file_has_cells_that_no_spreadsheet_runs(app: Flask, writer: Visitor) -> None:
    key = kept(app, "SELECT '=1+1' AS sum, 3 AS three")

    answer = writer.get(f"{HOME}{key}/csv/")

    assert list(csv.reader(answer.text.splitlines())) == [["Sum", "Three"], ["'=1+1", "3"]]
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(("kind", "mark"), [("number", "2</p>"), ("table", "<td"), ("donut", "dm-chart-donut")])
def test_a_query_is_a_tile_of_the_first_page(app: Flask, visit: Visit, kind: str, mark: str) -> None:
    sql = 'SELECT count(*) AS n FROM "order"' if kind == "number" else ORDERS
    key = kept(app, sql, shown_as=kind, is_on_board=True, permission="order.view")
    looker = visit(app, "order.view")

    assert f"/admin/tile/query-{key}/" in looker.get("/admin/").text
    assert mark in looker.client.get(f"/admin/tile/query-{key}/", headers=PIECE).text


def test_a_tile_that_fails_says_so_and_the_page_stands(app: Flask, visit: Visit) -> None:
    key = kept(app, "SELECT nonsense", is_on_board=True, permission="order.view")
    looker = visit(app, "order.view")

    assert looker.get("/admin/").status_code == 200
    assert "could not be answered" in looker.client.get(f"/admin/tile/query-{key}/", headers=PIECE).text


@pytest.mark.parametrize("query", ["endpoint=x", "query_id=9", "_scheme=javascript&_external=1", "p-a=1&_anchor=x"])
def test_an_address_with_odd_arguments_is_harmless(app: Flask, writer: Visitor, query: str) -> None:
    key = kept(app)

    page = writer.get(f"{HOME}{key}/?{query}")

    assert page.status_code == 200
    assert "javascript:" not in page.text


@pytest.mark.postgres
def test_the_role_of_the_application_itself_runs_nothing_on_postgresql(
    make_admin: MakeAdmin, postgres_url: str, visit: Visit
) -> None:
    app = make_admin(database={"url": postgres_url}, admin={"sql": {"enabled": True}})

    status, told = tried(visit(app, "*"), "SELECT 1")

    assert status == 422
    assert "Nothing was run" in told
    assert "flask sql role" in told


def test_a_grant_given_later_closes_the_door_at_once(app: Flask, writer: Visitor, reader_url: str | None) -> None:
    if reader_url is None:
        pytest.skip("SQLite has no grants")
    give(app, [f'GRANT SELECT (password_hash) ON "user" TO "{sa.make_url(reader_url).username}"'])

    status, told = tried(writer, "SELECT 1")

    assert (status, "user.password_hash" in told) == (422, True)


def test_queries_are_off_by_themselves(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()

    assert visit(app, "*").get(HOME).status_code == 404
    assert "admin.sql" not in all_permissions(app)
    assert "Queries" not in visit(app, "*").get("/admin/").text
    assert not [rule for rule in app.url_map.iter_rules() if "queries" in rule.rule]


def test_what_is_off_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "nowhere.py").write_text("")
    program = (
        "import sys; from demijohn import Settings, create_app;"
        "key = 'a-key-for-tests-only-0123456789-abcdefghij';"
        "create_app('nowhere', Settings(environment='testing', secret_key=key));"
        "print(*sorted(name for name in sys.modules if 'admin.queries.' in name))"
    )

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["demijohn.admin.queries.models", "demijohn.admin.queries.settings"]


def test_roles_can_be_given_the_permission_where_queries_are_on(app: Flask) -> None:
    assert "admin.sql" in all_permissions(app)
    assert state_of(app).sections["admin"].sql.enabled  # type: ignore[attr-defined]


def test_the_code_of_the_how_to_is_an_answer(app: Flask, writer: Visitor) -> None:
    (example,) = blocks("admin-sql.md", "sql")
    (settings,) = blocks("admin-sql.md", "sh")
    key = kept(app, example)

    shown = writer.get(f"{HOME}{key}/?p-since=").text

    assert set(re.findall(r"<td>(\w+)</td>", shown)) == {"draft", "paid"}
    assert "<td>" not in writer.get(f"{HOME}{key}/?p-since=2020-01-01").text
    assert set(exported(settings.replace("FLASK", "export FLASK"))) == {
        "FLASK_ADMIN__SQL__ENABLED",
        "FLASK_ADMIN__SQL__URL",
    }


def test_the_command_writes_grants_without_secrets_and_only_for_postgresql(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["sql", "role", "odd name"])

    if not is_postgresql(app):
        assert result.exit_code == 1
        assert "Only PostgreSQL has roles." in result.output
        return
    assert result.exit_code == 0
    assert 'CREATE ROLE "odd name" LOGIN NOSUPERUSER' in result.output
    assert not re.search("password_hash|security_stamp|GRANT SELECT .* ON public.user_session", result.output)
    assert 'GRANT SELECT (id, name, email) ON public.customer TO "odd name";' in result.output


@pytest.mark.postgres
def test_the_check_names_what_postgresql_lacks(make_admin: MakeAdmin, postgres_url: str) -> None:
    app = make_admin(database={"url": postgres_url}, admin={"sql": {"enabled": True}})

    assert [problem.id for problem in run_checks(app) if problem.id.startswith("admin.")] == ["admin.W005"]
