"""Settings of the audit battery."""

from demijohn.section import Section


class AuditSettings(Section):
    """How the audit battery behaves."""
