"""The services that tests run against are really there."""

import pytest
import sqlalchemy as sa


def test_each_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    engine = sa.create_engine(database_url)

    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mark (id INTEGER PRIMARY KEY)"))

    assert sa.inspect(engine).get_table_names() == ["mark"]
    engine.dispose()


@pytest.mark.postgres
def test_the_postgres_database_is_served_by_postgres(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)

    with engine.connect() as connection:
        version = connection.scalar(sa.text("SHOW server_version_num"))

    assert int(str(version)) >= 130_000
    engine.dispose()
