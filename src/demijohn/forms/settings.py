"""Settings of the forms battery."""

from pydantic import Field

from demijohn.section import Section


class FormsSettings(Section):
    """How the forms battery behaves."""

    once_seconds: int = Field(
        default=600,
        ge=0,
        le=86_400,
        description="A form sent again unchanged within this time is answered but not carried out again (seconds); "
        "0 switches the guard off.",
    )
