"""What people meet at `flask db`: guards, warnings, and screens instead of tracebacks."""

from market_project import CUSTOMER, Project


def test_drop_and_addition_that_look_like_a_rename_are_said_to_be_one(sqlite_project: Project) -> None:
    project = sqlite_project
    project.flask("db", "upgrade")
    project.migrate("Start")
    project.models(CUSTOMER.replace("name: Mapped[str]", "full_name: Mapped[str | None]"))

    written = project.flask("db", "migrate", "-m", "Full names")

    assert "warning: drop column customer.name loses what is in it" in written.err
    assert "write batch_op.alter_column('name', new_column_name='full_name') instead" in written.err
    assert "drop column customer.name: ACCESS EXCLUSIVE" in written.out


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
