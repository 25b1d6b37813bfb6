"""What people meet at `flask db`: guards, warnings, and screens instead of tracebacks."""

import pytest
from market_project import CUSTOMER, Project


def test_migration_that_would_drop_everything_is_refused_because_no_model_was_imported(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.models("")

    refused = project.flask("db", "migrate", fails=True)

    assert refused.code == 2
    assert "this would drop every table (customer, order): no model of 'market' was imported" in refused.err
    assert "Fix: import your models before create_app" in refused.err
    assert len(project.versions()) == 1


def test_drop_and_addition_that_look_like_a_rename_are_said_to_be_one(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.models(CUSTOMER.replace("name: Mapped[str]", "full_name: Mapped[str | None]"))

    written = project.flask("db", "migrate", "-m", "Full names")

    assert "warning: drop column customer.name loses what is in it" in written.err
    assert "write batch_op.alter_column('name', new_column_name='full_name') instead" in written.err
    assert "drop column customer.name: ACCESS EXCLUSIVE" in written.out


def test_models_ahead_of_the_revisions_are_said_with_the_command(sqlite_project: Project) -> None:
    sqlite_project.flask("db", "upgrade")

    refused = sqlite_project.flask("db", "check", fails=True)

    assert "the models have changes that no revision holds" in refused.err
    assert "flask db migrate" in refused.err


def test_revision_nobody_knows_is_named(sqlite_project: Project) -> None:
    sqlite_project.flask("db", "upgrade")
    sqlite_project.sql("INSERT INTO alembic_version VALUES ('from_tomorrow')")

    refused = sqlite_project.flask("db", "upgrade", fails=True)

    assert refused.code == 2
    assert "from_tomorrow" in refused.err
    assert "Fix: check out the code that has it" in refused.err


def test_history_with_two_ends_is_said_with_the_merge_to_type(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    first = project.versions()[0]
    text = first.read_text()
    for twin in ("one", "two"):
        (first.parent / f"{twin}.py").write_text(
            text.split("def upgrade")[0]
            .replace(f"revision = '{text.split(chr(39))[1]}'", f"revision = '{twin}'", 1)
            .replace("down_revision = None", f"down_revision = '{text.split(chr(39))[1]}'")
            .replace("branch_labels = ('app',)", "branch_labels = None")
            + "def upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n"
        )
    project.flask("db", "upgrade")

    refused = project.flask("db", "migrate", fails=True)

    assert "the project's history has more than one end: one, two" in refused.err
    assert 'flask db merge -m "Merge" one two' in refused.err
    project.flask("db", "merge", "-m", "Merge", "one", "two")
    project.flask("db", "upgrade")
    assert "nothing changed" in project.flask("db", "migrate").out


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://me:hunter2@127.0.0.1:9/x", "sqlite:////no/such/folder/x.db"], ids=["server", "file"]
)
def test_database_that_is_away_is_one_screen_without_the_password(sqlite_project: Project, url: str) -> None:
    sqlite_project.url = url

    refused = sqlite_project.flask("db", "upgrade", fails=True)

    assert refused.code == 2
    assert "the database cannot be reached" in refused.err
    assert "Fix: start the database, or correct DATABASE_URL" in refused.err
    assert "hunter2" not in refused.err


def test_seed_runs_the_projects_function_with_its_options(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    (project.folder / "filling.py").write_text(
        "import click\nfrom demijohn import db\nfrom market import Customer\n\n"
        "@click.command()\n@click.option('--orders', type=int, default=1)\n"
        "def fill(orders):\n"
        "    db.session.add_all(Customer(name=f'C{n}') for n in range(orders))\n    db.session.commit()\n"
    )

    missing = project.flask("db", "seed", fails=True)
    project.variables["FLASK_MIGRATIONS__SEED"] = "filling:fill"
    project.flask("db", "seed", "--orders", "3")

    assert "there is no seed function: looked for market.seed:seed and market:seed" in missing.err
    assert project.sql("SELECT count(*) FROM customer") == [(3,)]
    assert "--orders" in project.flask("db", "seed", "--help").out


def test_reset_asks_first_and_is_refused_in_production(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.sql("INSERT INTO customer (name) VALUES ('Ann')", "CREATE TABLE neighbour (id INTEGER)")

    project.flask("db", "reset", fails=True)
    assert project.sql("SELECT count(*) FROM customer") == [(1,)]
    project.flask("db", "reset", "--yes")

    assert project.sql("SELECT count(*) FROM customer") == [(0,)]
    assert "neighbour" in project.tables()
    project.variables |= {
        "FLASK_ENVIRONMENT": "production",
        "SECRET_KEY": "0f9e8d7c6b5a49382716051423324150aA-Zz",
        "PUBLIC_URL": "https://market.example",
    }
    refused = project.flask("db", "reset", "--yes", fails=True)
    assert "this is production" in refused.err
