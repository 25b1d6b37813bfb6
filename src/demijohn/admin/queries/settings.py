"""Settings of saved queries."""

from pydantic import Field, SecretStr, field_validator

from demijohn.database.settings import normal_url
from demijohn.section import Section


class SqlSettings(Section):
    """Read-only SQL in the dashboard."""

    enabled: bool = Field(
        default=False, description="Let people with `admin.sql` write queries that are kept and shown in the dashboard."
    )
    url: SecretStr | None = Field(
        default=None,
        description="URL by which queries read. On PostgreSQL that of a role that may read no secret "
        "(`flask sql role` writes its grants); on SQLite the main database if not given.",
    )
    seconds: float = Field(default=5, gt=0, le=300, description="How long one query may take (seconds).")
    max_rows: int = Field(default=1_000, ge=1, le=100_000, description="Most rows that one query shows (rows).")

    @field_validator("url")
    @classmethod
    def _with_driver(cls, url: SecretStr | None) -> SecretStr | None:
        return None if url is None else SecretStr(normal_url(url.get_secret_value()))
