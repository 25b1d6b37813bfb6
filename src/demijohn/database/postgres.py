"""The PostgreSQL profile: a wait for a lock has an end."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


def apply_postgres_profile(engine: sa.Engine, *, lock_wait_seconds: float) -> None:
    """Each new connection waits so long for a lock, then gives up (`lock_timeout`)."""
    milliseconds = int(lock_wait_seconds * 1000)

    def connect(dbapi: Any, record: Any) -> None:
        del record
        dbapi.autocommit = True  # a SET inside a transaction would be undone by its rollback
        dbapi.execute(f"SET lock_timeout = {milliseconds}").close()
        dbapi.autocommit = False

    event.listen(engine, "connect", connect)
