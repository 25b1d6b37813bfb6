"""Settings of the forms battery."""

from demijohn.section import Section


class FormsSettings(Section):
    """How the forms battery behaves."""
