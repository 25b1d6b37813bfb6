"""Settings of the sessions battery."""

from pydantic import Field

from demijohn.section import Section


class SessionsSettings(Section):
    """How long sessions live."""

    idle_seconds: int = Field(
        default=14 * 86_400, ge=60, description="A session ends after this long without use (seconds)."
    )
    absolute_seconds: int = Field(
        default=90 * 86_400, ge=60, description="A session ends this long after sign-in (seconds)."
    )
    insecure_cookie: bool = Field(default=False, description="Send the cookie without TLS (closed http networks only).")
