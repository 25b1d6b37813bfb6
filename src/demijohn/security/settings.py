"""Settings of the security battery."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from demijohn.section import Section

MIB = 1_048_576
UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "'wasm-unsafe-eval'")
SOURCE = re.compile(r"[!-+\--:<-~]+")
"""One source: visible ASCII without comma and semicolon, which would begin another policy or directive."""


def in_one_line(value: Any) -> Any:
    """A list of sources as the one line that a header holds."""
    return " ".join(value) if isinstance(value, list | tuple) else value


def split_words(value: Any) -> Any:
    """`a, b c` as a list, so that a variable can hold several names."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


ThrottleBackend = Literal["memory", "database", "redis"]
Sources = Annotated[str, BeforeValidator(in_one_line)]
Words = Annotated[list[str], BeforeValidator(split_words)]


class CspSettings(Section):
    """Further sources for the Content-Security-Policy, one field per directive, separated by spaces.

    They are added to the default ('self', mostly), they do not replace it.
    """

    default_src: Sources = Field(default="", description="Where anything may come from that has no directive.")
    script_src: Sources = Field(default="", description="Where scripts may come from.")
    style_src: Sources = Field(default="", description="Where style sheets may come from.")
    img_src: Sources = Field(default="", description="Where images may come from.")
    font_src: Sources = Field(default="", description="Where fonts may come from.")
    connect_src: Sources = Field(default="", description="Where scripts may connect to (fetch, WebSocket).")
    media_src: Sources = Field(default="", description="Where sound and video may come from.")
    object_src: Sources = Field(default="", description="Where plug-in content may come from.")
    frame_src: Sources = Field(default="", description="What pages may be framed inside ours.")
    worker_src: Sources = Field(default="", description="Where workers may come from.")
    manifest_src: Sources = Field(default="", description="Where the web app manifest may come from.")
    form_action: Sources = Field(default="", description="Where forms may be sent, redirects included.")
    frame_ancestors: Sources = Field(default="", description="Who may frame our pages.")
    base_uri: Sources = Field(default="", description="What a `base` element may say.")

    def added(self) -> Mapping[str, str]:
        """Directive -> further sources, of those that were given."""
        return {name: getattr(self, name) for name in CspSettings.model_fields if getattr(self, name)}


def refuse_malformed(directive: str, sources: str) -> None:
    """Raise ValueError for an unknown directive, or a source that would end the directive or the header."""
    if directive not in CspSettings.model_fields:
        raise ValueError(f"{directive} is not a directive; there are {', '.join(CspSettings.model_fields)}.")
    for word in filter(None, sources.split(" ")):
        if not SOURCE.fullmatch(word):
            raise ValueError(f"{word!r} in csp.{directive} is not a source; separate sources by spaces.")


class SecuritySettings(Section):
    """Headers, hosts, limits and throttles."""

    config_keys: ClassVar[Mapping[str, str]] = {
        "TRUSTED_HOSTS": "trusted_hosts",
        "MAX_CONTENT_LENGTH": "body_max_bytes",
        "MAX_FORM_MEMORY_SIZE": "form_max_memory_bytes",
        "MAX_FORM_PARTS": "form_max_parts",
    }

    proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many reverse proxies stand before the application (hops); with 0 forwarded headers count for "
        "nothing.",
    )
    proxy_strips_path: bool = Field(
        default=False,
        description="The proxy cuts the path of PUBLIC_URL off before it passes a request on, and sends no "
        "X-Forwarded-Prefix.",
    )
    trusted_hosts: Words = Field(
        default=[],
        description="Further host names the application answers to, besides that of PUBLIC_URL; `.example.org` means "
        "every name below it.",
    )
    csrf_exempt: Words = Field(
        default=[],
        description="Endpoints and blueprints marked `csrf.exempt` that may really go without a token (webhooks).",
    )
    csp: CspSettings = Field(default_factory=CspSettings, description="Further sources for the page policy.")
    csp_allow_unsafe: bool = Field(
        default=False,
        description="Let `csp` hold 'unsafe-inline', 'unsafe-eval' and their like, which switch the protection off.",
    )
    throttle_backend: ThrottleBackend | None = Field(
        default=None,
        description="Where throttles count: `redis` or `database`, for all processes together, or `memory`, for each "
        "process alone. By default `redis` with REDIS_URL, else `database` if it is on.",
    )
    hsts_seconds: int = Field(
        default=31_536_000,
        ge=0,
        description="How long browsers insist on https, in production over TLS (seconds); 0 sends no such header.",
    )
    body_max_bytes: int = Field(default=16 * MIB, ge=1024, description="Largest request body (bytes).")
    json_max_bytes: int = Field(default=MIB, ge=1024, description="Largest JSON body (bytes).")
    json_max_depth: int = Field(default=64, ge=1, le=200, description="Deepest nesting of a JSON body (levels).")
    form_max_fields: int = Field(default=1000, ge=1, description="Most fields of a form (fields).")
    form_max_parts: int = Field(default=1000, ge=1, description="Most parts of a multipart form (parts).")
    form_max_memory_bytes: int = Field(
        default=MIB, ge=1024, description="Largest form without its files, and largest single field (bytes)."
    )

    @model_validator(mode="after")
    def _refuse_bad_sources(self) -> "SecuritySettings":
        for directive, sources in self.csp.added().items():
            refuse_malformed(directive, sources)
            unsafe = next((word for word in sources.split() if word.lower() in UNSAFE), None)
            if unsafe and not self.csp_allow_unsafe:
                raise ValueError(
                    f"{unsafe} in csp.{directive} switches the protection off that the policy is for; use "
                    "csp_nonce() on your own tags, or set csp_allow_unsafe=true if you must."
                )
        return self
