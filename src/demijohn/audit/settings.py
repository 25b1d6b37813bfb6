"""Settings of the audit battery."""

from pydantic import Field

from demijohn.section import Section


class AuditSettings(Section):
    """How much the log keeps of each change."""

    longest_value: int = Field(
        default=500, ge=20, le=100_000, description="Longer values are cut to this many characters."
    )
    secret_names: tuple[str, ...] = Field(
        default=(),
        description="Further words that mark a column as secret when its name holds them, such as `iban`.",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Sealed entries are deleted after this long (days); never if not set. The chain stays whole.",
    )
    seal_seconds: int = Field(
        default=300,
        ge=10,
        le=86_400,
        description="Entries are sealed into the hash chain when the last seal is older than this (seconds).",
    )
