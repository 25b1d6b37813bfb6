"""Settings of the migrations battery."""

from pydantic import Field

from demijohn.section import Section


class MigrationsSettings(Section):
    """Where a project's revisions live and how they are applied."""

    directory: str | None = Field(
        default=None,
        description="Folder of the project's revisions, relative to the project; `migrations` in the package if it "
        "exists, else beside it.",
    )
    seed: str | None = Field(
        default=None,
        description="What `flask db seed` runs, as `module:function`; `<package>.seed:seed` if not given.",
    )
    guard: bool = Field(
        default=True, description="Answer 503 while the database is behind its revisions (never under test)."
    )
    lock_wait_seconds: float = Field(
        default=300, gt=0, description="How long an upgrade waits for another one to finish (seconds)."
    )
