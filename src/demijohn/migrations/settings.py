"""Settings of the migrations battery."""

from ..section import Section


class MigrationsSettings(Section):
    """How the migrations battery behaves."""
