"""Settings of passkeys."""

from pydantic import Field

from demijohn.section import Section


class PasskeySettings(Section):
    """Signing in with a device that knows its owner by fingerprint, face or PIN."""

    enabled: bool = Field(
        default=False, description='Let people sign in with passkeys; needs pip install "demijohn[passkeys]".'
    )
    most_per_user: int = Field(default=20, ge=1, le=100, description="Passkeys one account may have (count).")
    challenge_seconds: int = Field(
        default=300, ge=30, le=900, description="How long the browser may take to ask for a passkey (seconds)."
    )
    refuse_copies: bool = Field(
        default=True,
        description="Refuse a passkey whose counter did not rise, as if there were a copy of it; otherwise it is let "
        "in. Either way it is flagged and its owner told.",
    )
