"""Settings of the admin battery."""

import re
from typing import Literal

from pydantic import Field, field_validator

from demijohn.admin.queries.settings import SqlSettings
from demijohn.section import Section

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class AdminSettings(Section):
    """The dashboard."""

    name: str = Field(default="", description="What the dashboard is called; by itself the application's name.")
    accent: str | None = Field(
        default=None,
        description="The colour of links and buttons, as #rrggbb: in the dashboard and on the sign-in pages. Dark "
        "shades are made from it; one that cannot be read is refused at start.",
    )
    logo: str | None = Field(
        default=None, description="A picture in the application's static folder, shown beside the name and as favicon."
    )
    theme: Literal["light", "dark", "auto"] = Field(
        default="auto", description="What people see until they choose for themselves; auto follows their system."
    )
    bootstrap4: bool = Field(
        default=False,
        description="Understand class names and `data-toggle` of Bootstrap 4 in templates of one's own.",
    )
    page_size: int = Field(default=25, ge=1, le=500, description="Rows on a list page.")
    jobs_keep_days: int = Field(default=30, ge=1, description="How long ended jobs and imports are listed (days).")
    files_keep_hours: int = Field(
        default=24, ge=1, le=720, description="How long files of exports and imports can be fetched (hours)."
    )
    uploads_folder: str = Field(
        default="uploads",
        description="Folder for the files of records; a relative one is taken from the instance folder.",
    )
    upload_max_bytes: int = Field(default=10_000_000, ge=1, description="Largest file that a record may hold (bytes).")
    export_max_rows: int = Field(
        default=1_000_000, ge=0, description="Most rows that one export may hold (rows); 0 for any number."
    )
    import_max_rows: int = Field(default=100_000, ge=1, description="Most rows of a file that is imported (rows).")
    import_whole_rows: int = Field(
        default=5_000, ge=0, description="Most rows that are imported all or none, in one transaction (rows)."
    )

    sql: SqlSettings = Field(default_factory=SqlSettings, description="Saved read-only queries.")

    @field_validator("accent")
    @classmethod
    def _is_colour(cls, accent: str | None) -> str | None:
        if accent is not None and not COLOUR.fullmatch(accent):
            raise ValueError("is no colour written as # and six hexadecimal digits, as in #17694d")
        return accent
