"""Settings of two-step sign-in."""

from typing import Literal

from pydantic import Field

from demijohn.section import Section


class TwoFactorSettings(Section):
    """Who needs a second factor, and how it is asked."""

    required_of: Literal["nobody", "staff", "everybody"] = Field(
        default="nobody",
        description="Who needs a second factor; it is asked, or set up, at sign-in (nobody, staff, everybody).",
    )
    trust_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="A device can be trusted for this long, so that no code is asked (days; 0: never).",
    )
    attempts: int = Field(
        default=10, ge=1, description="Codes tried for one account, from everywhere, before it has to wait (count)."
    )
    address_attempts: int = Field(
        default=100,
        ge=1,
        description="Codes tried from one network, whatever the account, before it has to wait (count).",
    )
    window_seconds: int = Field(
        default=3_600, ge=1, le=86_400, description="The time over which codes are counted (seconds)."
    )
    password_min_length: int = Field(
        default=8,
        ge=8,
        le=128,
        description="Shortest new password of somebody who has a second factor (characters).",
    )
