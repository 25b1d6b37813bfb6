"""Settings of the auth battery."""

from pydantic import Field

from ..section import Section


class AuthSettings(Section):
    """Accounts and passwords."""

    password_min_length: int = Field(15, ge=8, le=128, description="Shortest password accepted (characters).")
