"""Settings of API tokens."""

from typing import Literal

from pydantic import Field

from demijohn.section import Section


class TokensSettings(Section):
    """API tokens that people make for their programs."""

    allowed: Literal["nobody", "staff", "everybody"] = Field(
        default="staff", description="Who may make API tokens; with `nobody` a token opens nothing at all."
    )
    prefix: str = Field(
        default="dj",
        pattern=r"^[a-z][a-z0-9]{1,15}$",
        description="What tokens begin with, so that secret scanners and people know them (letters and digits).",
    )
    longest_days: int = Field(
        default=366, ge=1, le=3_660, description="The longest life of a token (days); every token expires."
    )
    most: int = Field(default=50, ge=1, le=1_000, description="How many tokens one person may have (count).")
    failures: int = Field(
        default=100, ge=1, description="Wrong tokens shown from one network in 15 minutes before it must wait (count)."
    )
