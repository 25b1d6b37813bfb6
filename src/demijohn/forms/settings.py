"""Settings of the forms battery."""

from ..section import Section


class FormsSettings(Section):
    """How the forms battery behaves."""
