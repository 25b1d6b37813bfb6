"""Settings of the change of address."""

from pydantic import Field

from demijohn.section import Section


class EmailChangeSettings(Section):
    """How long a new address may be confirmed, and the change undone."""

    email_change_seconds: int = Field(
        default=7_200, ge=300, le=604_800, description="The link mailed to a new address works this long (seconds)."
    )
    email_undo_seconds: int = Field(
        default=259_200,
        ge=0,
        le=2_592_000,
        description="A link mailed to the old address takes the change back this long; 0 for none (seconds).",
    )
