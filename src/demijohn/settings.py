"""Settings: features, the application's own values, and one section per bundled battery.

Nothing below imports this module: a battery receives its section only.
"""

from typing import Any, Literal, cast

from flask import current_app
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from werkzeug.local import LocalProxy

from demijohn.admin.settings import AdminSettings
from demijohn.audit.settings import AuditSettings
from demijohn.auth.settings import AuthSettings
from demijohn.database.settings import DatabaseSettings
from demijohn.forms.settings import FormsSettings
from demijohn.mail.settings import MailSettings
from demijohn.migrations.settings import MigrationsSettings
from demijohn.observability.settings import ObservabilitySettings
from demijohn.section import Section
from demijohn.security.settings import SecuritySettings
from demijohn.sessions.settings import SessionsSettings


class Features(Section):
    """One switch per battery."""

    database: bool = Field(default=True, description="Flask-SQLAlchemy under one typed base.")
    migrations: bool = Field(default=True, description="Flask-Migrate with a branch per battery.")
    security: bool = Field(default=True, description="CSRF, headers, limits, throttles.")
    sessions: bool = Field(default=True, description="Sessions in a table.")
    audit: bool = Field(default=True, description="A log of every change.")
    forms: bool = Field(default=True, description="Form macros and JSON bodies.")
    mail: bool = Field(default=True, description="Mail through an outbox.")
    auth: bool = Field(default=True, description="Accounts, roles and permissions.")
    admin: bool = Field(default=True, description="The dashboard.")
    observability: bool = Field(default=True, description="Request ids, logs and health.")


class Settings(BaseSettings):
    """Everything an application can be told."""

    model_config = SettingsConfigDict(
        env_prefix="FLASK_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    name: str = Field(default="", description="The application's name as people see it.")
    environment: Literal["development", "testing", "production"] = Field(
        default="production", description="Where it runs."
    )
    secret_key: SecretStr | None = Field(default=None, description="Signs cookies and tokens; at least 32 bytes.")
    secret_key_fallbacks: list[SecretStr] = Field(default=[], description="Older keys that still verify.")
    public_url: str | None = Field(default=None, description="Where people reach the application.")
    config: dict[str, Any] = Field(default={}, description="Keys for `app.config` that no field covers.")
    features: Features = Field(default_factory=Features)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    migrations: MigrationsSettings = Field(default_factory=MigrationsSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    sessions: SessionsSettings = Field(default_factory=SessionsSettings)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    forms: FormsSettings = Field(default_factory=FormsSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    observability: ObservabilitySettings = Field(default_factory=ObservabilitySettings)

    @classmethod
    def for_application(cls, import_name: str) -> "Settings":
        """Settings read from the environment and the `.env` beside this application."""
        del import_name
        return cls()

    def flask_config(self) -> dict[str, Any]:
        """Flask's own keys that the root fields fill."""
        return {
            "SECRET_KEY": self.secret_key.get_secret_value() if self.secret_key else None,
            "SECRET_KEY_FALLBACKS": [key.get_secret_value() for key in self.secret_key_fallbacks],
            "DEBUG": self.environment == "development",
            "TESTING": self.environment == "testing",
        }

    def is_explicit(self, path: str) -> bool:
        """Whether anybody said so (an argument, a variable or `.env`), as against the default."""
        section, _, field = path.rpartition(".")
        owner = getattr(self, section) if section else self
        return field in owner.model_fields_set

    def origin(self, path: str) -> str:
        """Where the value came from, for people: `FLASK_NAME (environment)`, `argument`, `default`."""
        return f"FLASK_{path.replace('.', '__').upper()}" if self.is_explicit(path) else "default"


current_settings: Settings = cast("Settings", LocalProxy(lambda: current_app.extensions["demijohn"].settings))
"""The settings of the current application."""
