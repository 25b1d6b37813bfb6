"""Settings of registration and invitations."""

from typing import Literal

from pydantic import Field

from demijohn.section import Section
from demijohn.security.settings import Words


class RegistrationSettings(Section):
    """Who may get an account, and what it comes with."""

    registration: Literal["closed", "invite", "open"] = Field(
        default="closed",
        description="Who gets an account: closed (administrators make them), invite (by invitation), open (anybody).",
    )
    registration_roles: Words = Field(
        default=[], description="Names of the roles of an account that somebody registered."
    )
    registration_domains: Words = Field(
        default=[], description="Domains whose addresses may register, such as example.com; empty means any."
    )
    registration_seconds: int = Field(
        default=86_400, ge=300, le=604_800, description="A mailed registration link works this long (seconds)."
    )
    invitation_seconds: int = Field(
        default=604_800, ge=300, le=7_776_000, description="An invitation can be accepted this long (seconds)."
    )
    invitations_keep_days: int = Field(
        default=90, ge=1, le=3_650, description="Invitations are listed this long after their end, then deleted (days)."
    )
