"""Settings of the database battery."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr, field_validator

from demijohn.section import Section


class DatabaseSettings(Section):
    """Where the data lives and how many may work on it at once."""

    config_keys = {
        "SQLALCHEMY_DATABASE_URI": "url",
        "SQLALCHEMY_BINDS": "binds",
        "SQLALCHEMY_ENGINE_OPTIONS": "pool_size",
        "SQLALCHEMY_ECHO": "echo",
    }

    url: SecretStr | None = Field(
        default=None,
        description="URL of the main database; SQLite in `instance/<application>.db` if not given. "
        "A relative SQLite path is taken from the instance folder.",
    )
    binds: dict[str, SecretStr] = Field(
        default={}, description="Further databases: bind key to URL, as in Flask-SQLAlchemy's `SQLALCHEMY_BINDS`."
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        description="Connections one process keeps open (count); at least as many as it has threads.",
    )
    max_overflow: int = Field(
        default=10, ge=0, description="Connections opened beyond the pool when all are in use (count)."
    )
    pool_timeout_seconds: float = Field(
        default=10, gt=0, description="How long a request waits for a free connection before it gets 503 (seconds)."
    )
    recycle_seconds: int = Field(
        default=1800, ge=0, description="A connection older than this is replaced when next used (seconds)."
    )
    pre_ping: bool = Field(
        default=True, description="Test a server's connection before use, so that a restarted server is not an error."
    )
    lock_wait_seconds: float = Field(
        default=5, ge=0.1, description="How long a statement waits for a lock before the request gets 503 (seconds)."
    )
    echo: bool = Field(default=False, description="Log every statement (development only).")

    @field_validator("url")
    @classmethod
    def _with_driver(cls, url: SecretStr | None) -> SecretStr | None:
        return None if url is None else SecretStr(normal_url(url.get_secret_value()))

    @field_validator("binds")
    @classmethod
    def _all_with_driver(cls, binds: dict[str, SecretStr]) -> dict[str, SecretStr]:
        return {key: SecretStr(normal_url(url.get_secret_value())) for key, url in binds.items()}

    def flask_config(self) -> dict[str, Any]:
        """Flask-SQLAlchemy's keys; each database with the options its driver knows."""
        url = self.url.get_secret_value() if self.url else None
        return {
            "SQLALCHEMY_DATABASE_URI": url,
            "SQLALCHEMY_ENGINE_OPTIONS": self.engine_options(url or "sqlite:///"),
            "SQLALCHEMY_BINDS": {key: self.bind(secret.get_secret_value()) for key, secret in self.binds.items()},
            "SQLALCHEMY_ECHO": self.echo,
        }

    def bind(self, url: str) -> dict[str, Any]:
        return {"url": url, **self.engine_options(url)}

    def engine_options(self, url: str) -> dict[str, Any]:
        """SQLAlchemy's options for this URL; a memory database has one connection and no pool."""
        if is_memory_url(url) and url != "sqlite:///":
            return {"hide_parameters": True}
        pool = {
            "hide_parameters": True,  # values of a failing statement (hashes, addresses) stay out of the log
            "pool_size": self.pool_size,
            "max_overflow": self.max_overflow,
            "pool_timeout": self.pool_timeout_seconds,
        }
        if url.startswith("sqlite"):
            return pool
        return {**pool, "pool_pre_ping": self.pre_ping, "pool_recycle": self.recycle_seconds}


KNOWN_SCHEMES: Mapping[str, str] = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}


def normal_url(url: str) -> str:
    """The URL with the driver demijohn uses.

    Raises:
        ValueError: a database it does not know; the text never shows the URL.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        raise ValueError("not a database URL; write sqlite:///app.db or postgresql://user:password@host/name")
    if scheme.split("+")[0] in {"mysql", "mariadb"}:
        raise ValueError("MySQL and MariaDB are not supported yet; use postgresql://… or sqlite:///…")
    if scheme not in KNOWN_SCHEMES:
        raise ValueError(f"{scheme}:// is not a database it knows; use postgresql://… or sqlite:///…")
    return f"{KNOWN_SCHEMES[scheme]}://{rest}"


def is_memory_url(url: str) -> bool:
    return url in {"sqlite://", "sqlite:///", "sqlite:///:memory:"}
