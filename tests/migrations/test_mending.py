"""Histories and databases that cannot go on: each refusal, its fix typed as it is written, and the end that follows."""

import re
import shlex
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from market_project import CUSTOMER, Done, Project, made
from setup_faults import Mending

from demijohn.migrations.environment import LOCK

PRODUCTION = {
    "FLASK_ENVIRONMENT": "production",
    "SECRET_KEY": "0f9e8d7c6b5a49382716051423324150aA-Zz",
    "FLASK_SESSIONS__INSECURE_COOKIE": "true",
}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose tables are there and match its models; made once, for copies."""
    folder = tmp_path_factory.mktemp("started")
    project = made(folder / "work", f"sqlite:///{folder}/test.db")
    project.flask("db", "upgrade")
    project.migrate("Start")
    return project


@pytest.fixture
def market(started: Project, tmp_path: Path) -> Project:
    shutil.copytree(started.folder, tmp_path / "work")
    shutil.copyfile(started.folder.parent / "test.db", tmp_path / "test.db")
    return Project(tmp_path / "work", f"sqlite:///{tmp_path}/test.db")


def run(project: Project, line: str) -> Done:
    """A command as a fix writes it: `flask db merge -m "Merge" one two`."""
    name, *arguments = shlex.split(line)
    assert name == "flask"
    return project.flask(*arguments)


def add_two_ends(project: Project) -> None:
    """Two revisions that both follow the first."""
    first = project.versions()[0]
    text = first.read_text()
    known = re.findall(r"revision = '(\w+)'", text)[0]
    for twin in ("one", "two"):
        (first.parent / f"{twin}.py").write_text(
            f"revision = '{twin}'\ndown_revision = '{known}'\nbranch_labels = None\ndepends_on = None\n\n\n"
            "def upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n"
        )


@pytest.mark.mends("migrations/writing.py:next_place")
def test_a_history_with_two_ends(mending: Mending, market: Project) -> None:
    add_two_ends(market)
    market.flask("db", "upgrade")

    run(market, mending.refused(lambda: market.flask("db", "migrate", fails=True)).fix)

    market.flask("db", "upgrade")
    mending.started(lambda: market.flask("db", "migrate"))


@pytest.mark.mends("migrations/screens.py:from_alembic[3]")
def test_an_own_revision_on_a_history_with_two_ends(mending: Mending, market: Project) -> None:
    add_two_ends(market)

    run(market, mending.refused(lambda: market.flask("db", "upgrade", "app@head", fails=True)).fix)

    mending.started(lambda: market.flask("db", "upgrade", "app@head"))


@pytest.mark.mends("migrations/writing.py:refuse_without_models")
def test_a_migration_without_any_model(mending: Mending, market: Project) -> None:
    market.models("")

    refused = mending.refused(lambda: market.flask("db", "migrate", fails=True))

    assert "this would drop every table (customer, order): no model of 'market' was imported" in refused.problem
    assert refused.fix == "import your models before create_app, in the module that --app names."
    assert len(market.versions()) == 1
    market.models(CUSTOMER)
    mending.started(lambda: market.flask("db", "migrate"))


@pytest.mark.mends("migrations/environment.py:refuse_broken_references")
def test_a_revision_that_orphans_rows(mending: Mending, market: Project) -> None:
    market.sql(
        "INSERT INTO customer (name) VALUES ('Ann')",
        "INSERT INTO \"order\" (customer_id, status, total) VALUES (1, 'draft', 5)",
    )
    market.flask("db", "revision", "-m", "Forget customers")
    path = market.versions()[-1]
    path.write_text(path.read_text().replace("pass", 'op.execute("DELETE FROM customer")', 1))

    fix = mending.refused(lambda: market.flask("db", "upgrade", fails=True)).fix
    assert fix.startswith("correct the revision, or the rows")
    path.write_text(path.read_text().replace("DELETE FROM customer", 'DELETE FROM \\"order\\"', 1))

    mending.started(lambda: run(market, re.findall(r"`(.*)`", fix)[0]))


@pytest.mark.postgres
@pytest.mark.mends("migrations/environment.py:alone_on_postgres")
def test_an_upgrade_while_another_one_runs(mending: Mending, tmp_path: Path, postgres_url: str) -> None:
    project = Project(tmp_path / "work", postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    project.folder.mkdir()
    project.models(CUSTOMER)
    project.variables["FLASK_MIGRATIONS__LOCK_WAIT_SECONDS"] = "0.2"
    engine = sa.create_engine(project.url, poolclass=sa.NullPool)

    with engine.connect() as other:
        other.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
        fix = mending.refused(lambda: project.flask("db", "upgrade", fails=True)).fix

    mending.started(lambda: run(project, re.findall(r"`(.*)`", fix)[0]))


@pytest.mark.mends("migrations/resetting.py:reset")
def test_a_reset_in_production(mending: Mending, market: Project) -> None:
    market.variables |= PRODUCTION

    market.variables |= mending.refused(lambda: market.flask("db", "reset", "--yes", fails=True)).variables()

    mending.started(lambda: market.flask("db", "reset", "--yes"))


@pytest.mark.mends("migrations/running.py:refuse_unversioned")
@pytest.mark.parametrize("way", ["flask db stamp", "flask db reset"])
def test_tables_that_no_revision_made(mending: Mending, market: Project, way: str) -> None:
    market.sql("DROP TABLE alembic_version")

    fix = mending.refused(lambda: market.flask("db", "upgrade", fails=True)).fix
    assert way in fix
    run(market, f"{way} --yes" if way.endswith("reset") else way)

    mending.started(lambda: market.flask("db", "upgrade"))


@pytest.mark.mends("migrations/screens.py:from_alembic")
def test_a_migration_of_a_database_that_is_behind(mending: Mending, market: Project) -> None:
    market.flask("db", "revision", "-m", "Later")

    run(market, mending.refused(lambda: market.flask("db", "migrate", fails=True)).fix)

    mending.started(lambda: market.flask("db", "migrate"))


@pytest.mark.mends("migrations/screens.py:from_alembic[2]")
def test_a_revision_nobody_knows(mending: Mending, market: Project) -> None:
    market.flask("db", "revision", "-m", "From tomorrow")
    market.flask("db", "upgrade")
    tomorrow = market.versions()[-1]
    text = tomorrow.read_text()
    tomorrow.unlink()

    fix = mending.refused(lambda: market.flask("db", "upgrade", fails=True)).fix
    assert str(tomorrow.parents[1]) in fix
    tomorrow.write_text(text)

    mending.started(lambda: market.flask("db", "upgrade"))


@pytest.mark.mends("migrations/screens.py:from_alembic[4]")
def test_models_ahead_of_the_revisions(mending: Mending, market: Project) -> None:
    market.models(CUSTOMER.replace("name: Mapped[str]", "name: Mapped[str]\n    fax: Mapped[str | None]"))

    for line in mending.refused(lambda: market.flask("db", "check", fails=True)).fix.split(" && "):
        run(market, line)

    mending.started(lambda: market.flask("db", "check"))


@pytest.mark.mends("migrations/screens.py:from_alembic[5]")
def test_any_other_complaint_of_alembic(mending: Mending, market: Project) -> None:
    fix = mending.refused(lambda: market.flask("db", "upgrade", "+7", fails=True)).fix

    assert "upgrade" in run(market, fix.partition("`")[2].partition("`")[0]).out
    mending.started(lambda: market.flask("db", "upgrade"))


@pytest.mark.mends("migrations/screens.py:from_database")
def test_a_locked_database(mending: Mending, sqlite_project: Project) -> None:
    sqlite_project.variables["FLASK_MIGRATIONS__LOCK_WAIT_SECONDS"] = "0.2"
    holder = sqlite3.connect(sqlite_project.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    fix = mending.refused(lambda: sqlite_project.flask("db", "upgrade", fails=True)).fix
    assert fix == "stop what holds the lock, then try again."
    holder.close()

    mending.started(lambda: sqlite_project.flask("db", "upgrade"))


@pytest.mark.mends("migrations/screens.py:from_database[2]")
def test_a_database_that_may_not_be_written(mending: Mending, sqlite_project: Project) -> None:
    file = sqlite_project.url.removeprefix("sqlite:///")
    Path(file).touch()
    sqlite_project.url = f"sqlite:///file:{file}?mode=ro&uri=true"

    refused = mending.refused(lambda: sqlite_project.flask("db", "upgrade", fails=True))
    assert "readonly database" in refused.problem
    assert refused.fix.startswith("correct what it names")
    sqlite_project.url = f"sqlite:///{file}"

    mending.started(lambda: sqlite_project.flask("db", "upgrade"))


@pytest.mark.mends("migrations/screens.py:from_database[3]")
def test_a_revision_that_fails(mending: Mending, market: Project) -> None:
    market.flask("db", "revision", "-m", "Wrong")
    path = market.versions()[-1]
    path.write_text(path.read_text().replace("pass", "op.execute('INSERT INTO nowhere VALUES (1)')", 1))

    refused = mending.refused(lambda: market.flask("db", "upgrade", fails=True))
    assert path.name in refused.problem
    path.write_text(path.read_text().replace("INSERT INTO nowhere VALUES (1)", "CREATE TABLE nowhere (a INTEGER)"))

    mending.started(lambda: run(market, re.findall(r"`(.*)`", refused.fix)[0]))


@pytest.mark.mends("migrations/screens.py:away")
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql+psycopg://me:hunter2@127.0.0.1:9/x", id="server"),
        pytest.param("sqlite:////no/such/folder/x.db", id="file"),
    ],
)
def test_a_database_that_is_away(mending: Mending, sqlite_project: Project, tmp_path: Path, url: str) -> None:
    sqlite_project.url = url

    refused = mending.refused(lambda: sqlite_project.flask("db", "upgrade", fails=True))
    assert "hunter2" not in refused.problem
    assert "correct DATABASE_URL" in refused.fix
    sqlite_project.url = f"sqlite:///{tmp_path}/right.db"

    mending.started(lambda: sqlite_project.flask("db", "upgrade"))


@pytest.mark.mends("migrations/seeding.py:seed")
@pytest.mark.parametrize(
    ("is_package", "is_set"),
    [(False, False), (True, False), (True, True)],
    ids=["in its module", "in its package", "elsewhere"],
)
def test_a_project_without_a_seed(mending: Mending, market: Project, is_package: bool, is_set: bool) -> None:
    if is_package:
        (market.folder / "market").mkdir()
        (market.folder / "market.py").rename(market.folder / "market" / "__init__.py")

    fix = mending.refused(lambda: market.flask("db", "seed", fails=True)).fix
    usual = market.folder / fix.partition(" in ")[2].partition(",")[0]
    place = market.folder / "filling.py" if is_set else usual
    if is_set:
        name, _, wanted = fix.partition("or set ")[2].rstrip(".").partition("=")
        market.variables[name] = wanted.replace("<module>", "filling").replace("<function>", "seed")
    with place.open("a") as file:
        file.write("\n\ndef seed():\n    print('seeded')\n")

    assert "seeded" in mending.started(lambda: market.flask("db", "seed")).out
