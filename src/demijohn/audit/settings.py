"""Settings of the audit battery."""

from ..section import Section


class AuditSettings(Section):
    """How the audit battery behaves."""
