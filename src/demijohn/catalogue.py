"""The bundled batteries, in reading order: name -> the module that declares it."""

BUNDLED: dict[str, str] = {
    "database": "demijohn.database.battery",
    "observability": "demijohn.observability.battery",
    "migrations": "demijohn.migrations.battery",
    "security": "demijohn.security.battery",
    "sessions": "demijohn.sessions.battery",
    "audit": "demijohn.audit.battery",
    "forms": "demijohn.forms.battery",
    "mail": "demijohn.mail.battery",
    "auth": "demijohn.auth.battery",
    "admin": "demijohn.admin.battery",
}

NEEDS: dict[str, tuple[str, ...]] = {
    "migrations": ("database",),
    "sessions": ("database",),
    "audit": ("database",),
    "forms": ("security",),
    "mail": ("database",),
    "auth": ("database", "forms"),
    "admin": ("auth",),
}
"""What each needs, written twice so that a battery that will be off is never imported; a test compares both."""
