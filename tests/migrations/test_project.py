"""A project's history: its own tables only, followed through changes, on SQLite and PostgreSQL."""

import re

from market_project import CUSTOMER, Project


def test_first_migration_holds_the_projects_tables_and_none_of_ours(project: Project) -> None:
    project.flask("db", "upgrade")
    written = project.migrate("Start")

    text = project.versions()[0].read_text()
    assert re.findall(r"create_table\(\s*'(\w+)'", text) == ["customer", "order"]
    assert "demijohn" not in text
    assert "branch_labels = ('app',)" in text
    assert "create table customer" in written.out
    assert {"customer", "order", "user", "audit_entry"} <= project.tables()
    assert project.flask("db", "check").out.startswith("No new upgrade operations")
    assert "nothing changed" in project.flask("db", "migrate", "-m", "Again").out
    assert len(project.versions()) == 1


def test_own_user_with_one_more_column_gets_exactly_that_column(project: Project) -> None:
    project.flask("db", "upgrade")
    project.models('class User(UserBase):\n    department: Mapped[str] = mapped_column(default="")\n')

    written = project.migrate("Add a department")

    assert [line.strip() for line in written.out.splitlines()[:2]] == [
        "add column user.department",
        "locks on PostgreSQL:",
    ]
    assert "department" in project.columns("user")
    assert "depends_on = 'auth_" in project.versions()[0].read_text()
    assert "nothing changed" in project.flask("db", "migrate").out


def test_foreign_key_to_the_user_makes_the_project_wait_for_its_table(project: Project) -> None:
    project.models('class Task(Model):\n    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))\n')
    project.flask("db", "upgrade")
    project.migrate("Tasks")
    project.flask("db", "reset", "--yes")

    assert "depends_on = 'auth_" in project.versions()[0].read_text()
    assert "task" in project.tables()


def test_column_that_must_have_a_value_reaches_rows_that_are_there(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql("INSERT INTO customer (name) VALUES ('Ann')")
    project.models(
        CUSTOMER.replace(
            "    name: Mapped[str]\n",
            '    name: Mapped[str]\n    city: Mapped[str] = mapped_column(default="Ulm")\n'
            "    vip: Mapped[bool] = mapped_column(default=False)\n    points: Mapped[int] = mapped_column(default=3)\n"
            "    rank: Mapped[Decimal] = mapped_column(default=Decimal(0))\n",
        )
    )

    project.migrate("More of customers")

    rows = project.sql("SELECT name, city, vip, points, rank FROM customer")
    assert [(name, city, bool(vip), points, int(rank)) for name, city, vip, points, rank in rows] == [
        ("Ann", "Ulm", False, 3, 0)
    ]


def test_column_without_any_value_for_the_rows_is_warned_of_and_changes_nothing(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql("INSERT INTO customer (name) VALUES ('Ann')")
    project.models(CUSTOMER.replace("    name: Mapped[str]\n", "    name: Mapped[str]\n    city: Mapped[str]\n"))

    written = project.flask("db", "migrate", "-m", "City")
    refused = project.flask("db", "upgrade", fails=True)

    assert "customer.city must have a value, and the rows of customer have none for it" in written.err
    assert "Nothing was changed" in refused.err
    assert f"{project.versions()[-1].name}, line" in refused.err
    assert "city" not in project.columns("customer")


def test_children_survive_when_their_parent_is_rebuilt(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql(
        "INSERT INTO customer (name) VALUES ('Ann')",
        "INSERT INTO \"order\" (customer_id, status, total) VALUES (1, 'draft', 5)",
    )
    project.models(
        CUSTOMER.replace("name: Mapped[str]", "name: Mapped[str] = mapped_column(sa.String(80), unique=True)")
    )

    project.migrate("Narrow and unique names")

    assert project.sql('SELECT count(*) FROM "order"') == [(1,)]
    assert project.inspect(lambda found: found.get_unique_constraints("customer"))[0]["name"] == "uq_customer_name"


def test_failing_second_revision_leaves_nothing_of_the_first(project: Project) -> None:
    project.flask("db", "upgrade")
    project.flask("db", "migrate", "-m", "Start")
    project.flask("db", "upgrade")
    for number, statement in ((1, "CREATE TABLE half (a INTEGER)"), (2, "INSERT INTO nowhere VALUES (1)")):
        project.flask("db", "revision", "-m", f"Step {number}")
        path = project.versions()[-1]
        path.write_text(path.read_text().replace("pass", f"op.execute('{statement}')", 1))

    refused = project.flask("db", "upgrade", fails=True)

    assert f"{path.name}, line" in refused.err
    assert "Nothing was changed" in refused.err
    assert "half" not in project.tables()
    current = project.flask("db", "current").out.strip().splitlines()
    assert len([line for line in current if "effective" not in line]) == len(
        project.sql("SELECT * FROM alembic_version")
    )
    path.write_text(path.read_text().replace("INSERT INTO nowhere VALUES (1)", "INSERT INTO half VALUES (1)"))
    project.flask("db", "upgrade")
    assert project.sql("SELECT a FROM half") == [(1,)]


def test_revision_that_orphans_rows_is_refused_on_sqlite(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql(
        "INSERT INTO customer (name) VALUES ('Ann')",
        "INSERT INTO \"order\" (customer_id, status, total) VALUES (1, 'draft', 5)",
    )
    project.flask("db", "revision", "-m", "Forget customers")
    path = project.versions()[-1]
    path.write_text(path.read_text().replace("pass", 'op.execute("DELETE FROM customer")', 1))

    refused = project.flask("db", "upgrade", fails=True)

    assert "1 rows would refer to nothing, the first in order (row 1) to customer" in refused.err
    assert project.sql("SELECT name FROM customer") == [("Ann",)]


def test_two_upgrades_at_once_both_end_well(project: Project) -> None:
    project.flask("db", "upgrade")
    project.flask("db", "migrate", "-m", "Start")
    path = project.versions()[-1]
    path.write_text(
        path.read_text().replace("def upgrade() -> None:\n", "def upgrade() -> None:\n    import time; time.sleep(2)\n")
    )

    both = [project.start("db", "upgrade") for _ in range(2)]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in both]

    assert [code for _, _, code in ends] == [0, 0], ends
    assert sorted("applied" in out for out, _, _ in ends) == [False, True]
    assert {"customer", "order"} <= project.tables()


def test_two_first_upgrades_at_once_both_end_well(project: Project) -> None:
    both = [project.start("db", "upgrade") for _ in range(2)]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in both]

    assert [code for _, _, code in ends] == [0, 0], ends
    assert "user" in project.tables()


def test_downgrade_takes_back_the_projects_last_step_only(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")

    project.flask("db", "downgrade")

    assert "customer" not in project.tables()
    assert "user" in project.tables()
    project.flask("db", "upgrade")
    assert "customer" in project.tables()


def test_tables_of_others_are_left_alone(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql("CREATE TABLE neighbour (id INTEGER PRIMARY KEY)")

    assert "nothing changed" in project.flask("db", "migrate").out


def test_battery_switched_off_later_keeps_its_tables_and_the_rest_goes_on(project: Project) -> None:
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.variables["FLASK_FEATURES__AUDIT"] = "false"
    project.models(CUSTOMER.replace("    name: Mapped[str]\n", "    name: Mapped[str]\n    note: Mapped[str | None]\n"))

    project.migrate("Notes")

    assert "note" in project.columns("customer")
    assert "audit_entry" in project.tables()
