"""Settings of deleting one's own account."""

from pydantic import Field

from demijohn.section import Section


class DeletionSettings(Section):
    """Whether people can delete their own account, and how long they can take it back."""

    deletion_grace_days: int | None = Field(
        default=14,
        ge=1,
        le=365,
        description="Who deletes their account can keep it by signing in for this long (days). null: nobody can delete "
        "their own account.",
    )
