"""Settings of one OpenID Connect provider: one such section per provider, under a name of the project's own."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator

from demijohn.auth.following.settings import RolesByGroup, plain_domains
from demijohn.loopback import is_loopback_name
from demijohn.section import Section

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""What a provider may be called: its name is part of addresses and of variables."""


class OidcProvider(Section):
    """One OpenID Connect provider that people can sign in with."""

    issuer: str = Field(description="The provider's issuer, written exactly as its discovery document writes it.")
    discovery_url: str | None = Field(
        default=None,
        description="Where the discovery document is; by default /.well-known/openid-configuration below the issuer.",
    )
    client_id: str = Field(min_length=1, description="What the provider calls this application.")
    client_secret: SecretStr | None = Field(
        default=None, description="The secret the provider gave this application; none for a public client."
    )
    client_auth: Literal["auto", "client_secret_basic", "client_secret_post"] = Field(
        default="auto", description="How the secret is sent; auto does what the discovery document offers."
    )
    label: str = Field(default="", description="What people read on the button: Sign in with <label>.")
    scopes: list[str] = Field(
        default=["openid", "email", "profile"], description="What is asked of the provider; openid is always among it."
    )
    provision: bool = Field(default=False, description="Make an account for whoever comes for the first time.")
    allowed_domains: list[str] = Field(
        default=[],
        description="Only people with a verified address at one of these domains get an account; empty means anybody.",
    )
    default_roles: list[str] = Field(default=[], description="Roles of an account made at the first sign-in.")
    link_by_email: bool = Field(
        default=False,
        description="Let people into the account that has their verified address, and connect it, without asking. Only "
        "for a provider that alone hands out the addresses of your domain.",
    )
    emails_are_verified: bool = Field(
        default=False,
        description="Believe addresses of which the provider does not say whether they are verified (Entra ID with "
        "one tenant). What it calls unverified stays so.",
    )
    roles_claim: str = Field(
        default="groups", description="The claim that holds people's groups; dots lead inside (realm_access.roles)."
    )
    roles: RolesByGroup = Field(
        default={},
        description="Roles that follow the groups at each sign-in, as JSON: group to role, or to a list of roles.",
    )
    superuser_groups: list[str] = Field(
        default=[],
        description="Groups whose members are superusers, and nobody else who signs in here; empty leaves that alone.",
    )
    trusts_second_factor: Literal["never", "stated", "always"] = Field(
        default="never",
        description="Whether people who come from here skip our second step: when the provider states that they gave "
        "a second factor there, or always.",
    )
    second_factor_values: list[str] = Field(
        default=["mfa"], description="Values of amr or acr that state a second factor."
    )
    sign_out_there: bool = Field(
        default=True, description="Whoever signs out here is led on to sign out at the provider too, if it offers it."
    )

    @field_validator("issuer", "discovery_url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        if url is not None and (problem := address_problem(url)):
            raise ValueError(problem)
        return url

    @field_validator("allowed_domains")
    @classmethod
    def _plain_domains(cls, domains: list[str]) -> list[str]:
        return plain_domains(domains)

    def asked_scopes(self) -> str:
        return " ".join(dict.fromkeys(["openid", *self.scopes]))


def address_problem(url: str) -> str | None:
    """Why this can't be an address of a provider, as the end of a sentence; None if it can."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        return "must be an address like https://login.example.com, without name, password or #"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_name(parts.netloc)):
        return "must begin with https:// (http only on this machine)"
    return None


def refuse_odd_names(providers: dict[str, OidcProvider]) -> dict[str, OidcProvider]:
    """Raise ValueError for a provider's name that can't be part of an address."""
    for name in providers:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name[:40]!r} can't be a provider's name: small letters, digits and _, a letter first")
    return providers


Providers = Annotated[dict[str, OidcProvider], AfterValidator(refuse_odd_names)]
