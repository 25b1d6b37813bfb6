"""Settings of the admin battery."""

from pydantic import Field

from demijohn.section import Section


class AdminSettings(Section):
    """The dashboard."""

    page_size: int = Field(default=25, ge=1, le=500, description="Rows on a list page.")
