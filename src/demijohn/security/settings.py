"""Settings of the security battery."""

from pydantic import Field

from ..section import Section


class SecuritySettings(Section):
    """Headers, hosts, limits and throttles."""

    proxies: int = Field(0, ge=0, le=10, description="How many reverse proxies stand before the application.")
