"""Settings of sign-in by mail."""

from pydantic import Field

from demijohn.section import Section


class MagicLinkSettings(Section):
    """Whether a mailed link signs in, and for how long."""

    magic_link: bool = Field(default=False, description="Offer to sign in by a mailed link.")
    magic_link_seconds: int = Field(
        default=900, ge=60, le=86_400, description="A mailed sign-in link works this long (seconds)."
    )
