"""Settings of the database battery."""

from typing import Any

from pydantic import Field, SecretStr

from demijohn.section import Section


class DatabaseSettings(Section):
    """Where the data lives."""

    config_keys = {"SQLALCHEMY_DATABASE_URI": "url", "SQLALCHEMY_ECHO": "echo"}

    url: SecretStr = Field(default=SecretStr("sqlite:///app.db"), description="SQLAlchemy URL of the main database.")
    echo: bool = Field(default=False, description="Log every statement (development only).")

    def flask_config(self) -> dict[str, Any]:
        return super().flask_config()
