"""Settings of the database battery."""

from typing import Any

from pydantic import Field, SecretStr

from ..section import Section


class DatabaseSettings(Section):
    """Where the data lives."""

    config_keys = {"SQLALCHEMY_DATABASE_URI": "url", "SQLALCHEMY_ECHO": "echo"}

    url: SecretStr = Field(SecretStr("sqlite:///app.db"), description="SQLAlchemy URL of the main database.")
    echo: bool = Field(False, description="Log every statement (development only).")

    def flask_config(self) -> dict[str, Any]:
        return super().flask_config()
