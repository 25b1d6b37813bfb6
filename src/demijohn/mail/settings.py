"""Settings of the mail battery."""

from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator

from demijohn.configuration.rules import is_loopback
from demijohn.section import Section

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class MailSettings(Section):
    """How mail leaves."""

    config_keys = {"MAIL_DEFAULT_SENDER": "default_sender"}

    url: SecretStr | None = Field(
        default=None,
        description="The mail server: `smtps://user:password@host:465` (TLS), `smtp+tls://user:password@host:587` "
        "(STARTTLS) or `smtp://host:25`. STARTTLS is also used for `smtp://` with a password or port 587, except on "
        "this machine.",
    )
    backend: Literal["smtp", "console", "memory"] | None = Field(
        default=None,
        description="Where mail goes: `smtp` to the server; `console` keeps it for the development inbox and logs one "
        "line; `memory` keeps it for tests. By default `memory` in testing, `console` in development without a "
        "server, else `smtp`.",
    )
    default_sender: str | None = Field(
        default=None,
        description="The From address, as in `Shop <no-reply@shop.example>`; by default no-reply@ the public host.",
    )
    sender: Literal["thread", "none"] = Field(
        default="thread",
        description="Who delivers: a `thread` of each server process, or `none`: cron runs `flask mail retry --due`.",
    )
    verify_tls: bool = Field(default=True, description="Check the mail server's certificate.")
    timeout_seconds: float = Field(
        default=10, gt=0, le=120, description="Longest wait in seconds for a connection and for each answer."
    )
    poll_seconds: float = Field(
        default=30, gt=0, le=3600, description="How often in seconds the thread looks for mail of other processes."
    )
    lease_seconds: int = Field(
        default=300, ge=5, le=86_400, description="Seconds until mail of a killed process is taken over by another."
    )
    retry_seconds: float = Field(
        default=60, gt=0, le=86_400, description="First wait in seconds after a failure; doubles up to an hour."
    )
    max_tries: int = Field(
        default=15, ge=1, le=1000, description="Tries until a message counts as failed (about 10 h)."
    )
    expires_seconds: int = Field(
        default=432_000,
        ge=60,
        description="Seconds after which an undelivered message is given up and its text wiped (default 5 days).",
    )
    keep_days: int = Field(
        default=30, ge=1, le=36_500, description="Sent, failed and expired messages are listed this long (days)."
    )
    command_seconds: float = Field(
        default=10, ge=0, le=3600, description="Longest time in seconds a command spends delivering at its end."
    )

    @field_validator("url", mode="after")
    @classmethod
    def refuse_malformed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_url(value.get_secret_value())
        return value

    def flask_config(self) -> dict[str, Any]:
        server = parse_url(self.url.get_secret_value()) if self.url else {}
        return {**super().flask_config(), **server}


def parse_url(url: str) -> dict[str, Any]:
    """Flask-Mail's keys from one address.

    Raises:
        ValueError: not such an address; the text never repeats it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address such as smtps://user:password@mail.example.com:465") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "must look like smtps://user:password@host:465, smtp+tls://… or smtp://…, and nothing after it"
        )
    port = port or PORTS[parts.scheme]
    guarded = parts.password is not None or port == PORTS["smtp+tls"]
    return {
        "MAIL_SERVER": parts.hostname,
        "MAIL_PORT": port,
        "MAIL_USE_SSL": parts.scheme == "smtps",
        "MAIL_USE_TLS": parts.scheme == "smtp+tls"
        or (parts.scheme == "smtp" and guarded and not is_loopback(parts.hostname)),
        "MAIL_USERNAME": unquote(parts.username) if parts.username else None,
        "MAIL_PASSWORD": unquote(parts.password) if parts.password else None,
    }
