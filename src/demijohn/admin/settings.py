"""Settings of the admin battery."""

from pydantic import Field

from demijohn.section import Section


class AdminSettings(Section):
    """The dashboard."""

    page_size: int = Field(default=25, ge=1, le=500, description="Rows on a list page.")
    jobs_keep_days: int = Field(default=30, ge=1, description="How long background jobs that ended are listed (days).")
    files_keep_hours: int = Field(
        default=24, ge=1, le=720, description="How long files of exports and imports can be fetched (hours)."
    )
    export_max_rows: int = Field(
        default=1_000_000, ge=0, description="Most rows that one export may hold (rows); 0 for any number."
    )
