"""Settings of the auth battery."""

from pydantic import Field

from demijohn.section import Section


class AuthSettings(Section):
    """Accounts and passwords."""

    password_min_length: int = Field(default=15, ge=8, le=128, description="Shortest password accepted (characters).")
