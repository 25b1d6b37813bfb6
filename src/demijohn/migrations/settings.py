"""Settings of the migrations battery."""

from demijohn.section import Section


class MigrationsSettings(Section):
    """How the migrations battery behaves."""
