"""Settings of the Redis server that batteries share."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from demijohn.section import Section

SCHEMES = ("redis", "rediss", "unix")


class RedisSettings(Section):
    """Where Redis is, for the batteries that use it."""

    url: SecretStr | None = Field(
        default=None,
        description="The server: `rediss://user:password@host:6379/0` (TLS), `redis://…`, or `unix:///path/to/socket`. "
        "Throttles then count there; sessions are kept there with FLASK_SESSIONS__BACKEND=redis.",
    )
    prefix: str = Field(
        default="",
        max_length=200,
        pattern=r"^[!-~]*$",
        description="Begins every key, so that applications can share a server; by default the host and path of "
        "PUBLIC_URL, else the application's name.",
    )
    timeout_seconds: float = Field(
        default=1,
        gt=0,
        le=30,
        description="Longest wait for a connection, and for each answer (seconds).",
    )

    @field_validator("url", mode="after")
    @classmethod
    def refuse_malformed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_server(value.get_secret_value()):
            raise ValueError("must look like rediss://user:password@host:6379/0, redis://… or unix:///path/to/socket")
        return value


def is_server(url: str) -> bool:
    """Whether it is the address of a Redis server."""
    try:
        parts = urlsplit(url)
        database, _ = parts.path.lstrip("/"), parts.port
    except ValueError:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    return parts.scheme in SCHEMES and bool(parts.hostname) and (not database or database.isdecimal())


def is_encrypted(url: str) -> bool:
    """Whether what is said cannot be read on the way (TLS, or a socket of this machine)."""
    return urlsplit(url).scheme in {"rediss", "unix"}
