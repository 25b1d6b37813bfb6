"""Settings of the security battery."""

from pydantic import Field

from demijohn.section import Section


class SecuritySettings(Section):
    """Headers, hosts, limits and throttles."""

    proxies: int = Field(default=0, ge=0, le=10, description="How many reverse proxies stand before the application.")
