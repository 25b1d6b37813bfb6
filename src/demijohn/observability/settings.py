"""Settings of the observability battery."""

from pydantic import Field, SecretStr

from demijohn.section import Section


class ObservabilitySettings(Section):
    """Request ids, the log and health."""

    request_log: bool = Field(default=True, description="Log one line per request.")
    health_token: SecretStr | None = Field(
        default=None,
        description="Whoever sends this as `Authorization: Bearer ...` sees the detail of /readyz in production.",
    )
    probe_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How long /readyz waits for each service (seconds)."
    )
