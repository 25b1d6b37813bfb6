"""Settings of the sessions battery."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from demijohn.section import Section


class SessionsSettings(Section):
    """How long sessions live, and how their cookie travels."""

    config_keys: ClassVar[Mapping[str, str]] = {"PERMANENT_SESSION_LIFETIME": "remember_seconds"}

    idle_seconds: int = Field(
        default=86_400, ge=60, description="A session ends after this long without use (seconds)."
    )
    admin_idle_seconds: int = Field(
        default=4 * 3_600, ge=60, description="The admin asks for sign-in again after this long without use (seconds)."
    )
    absolute_seconds: int = Field(
        default=90 * 86_400, ge=60, description="A session ends this long after sign-in (seconds)."
    )
    remember_seconds: int = Field(
        default=30 * 86_400,
        ge=60,
        description="A session kept on this device at sign-in ends after this long without use (seconds).",
    )
    renew_seconds: int = Field(
        default=86_400,
        ge=120,
        description="A session kept on this device gets a new id when it is used this long after the last (seconds).",
    )
    backend: Literal["database", "redis"] = Field(
        default="database",
        description="Where sessions are kept: `database`, or `redis` at REDIS_URL. A change signs everybody out.",
    )
    insecure_cookie: bool = Field(default=False, description="Send the cookie without TLS (closed http networks only).")
