"""Settings of the observability battery."""

from demijohn.section import Section


class ObservabilitySettings(Section):
    """How the observability battery behaves."""
