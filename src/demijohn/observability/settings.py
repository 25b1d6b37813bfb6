"""Settings of the observability battery."""

from ..section import Section


class ObservabilitySettings(Section):
    """How the observability battery behaves."""
