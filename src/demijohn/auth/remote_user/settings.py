"""Settings of sign-in by whom a proxy or the web server names."""

import re
from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator

from demijohn.auth.following.settings import RolesByGroup, plain_domains
from demijohn.section import Section

HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,63}")
TAKEN = re.compile(
    r"forwarded|x-forwarded-(for|host|proto|port|prefix)|via|host|cookie|authorization|origin|content-.*", re.IGNORECASE
)


class RemoteUserSettings(Section):
    """Sign-in by whom a reverse proxy (a header) or the web server (REMOTE_USER) names."""

    source: Literal["off", "header", "variable"] = Field(
        default="off",
        description="Who says who is there: nobody, a header of your proxy, or the server's REMOTE_USER variable.",
    )
    networks: list[str] = Field(
        default=[],
        description="Addresses of your proxies (10.0.0.5, 10.0.0.0/28); the headers of anybody else are thrown away.",
    )
    header: str = Field(default="Remote-User", description="The header with the person's name or address.")
    email_header: str = Field(default="", description="The header with their e-mail address, if it is another one.")
    name_header: str = Field(default="", description="The header with the name people read.")
    groups_header: str = Field(default="", description="The header with their groups, separated by commas.")
    email_domain: str = Field(default="", description="Put after a name that is no address: ada becomes ada@<domain>.")
    provision: bool = Field(default=False, description="Make an account for whoever comes for the first time.")
    allowed_domains: list[str] = Field(
        default=[], description="Only addresses at one of these domains get an account; empty means any."
    )
    default_roles: list[str] = Field(default=[], description="Roles of an account made at the first sign-in.")
    roles: RolesByGroup = Field(
        default={},
        description="Roles that follow the groups at each sign-in, as JSON: group to role, or to a list of roles.",
    )
    trusts_second_factor: bool = Field(
        default=False, description="People who come this way skip our second step, because the proxy asked for theirs."
    )
    ends_without: bool = Field(
        default=True, description="A session begun this way is over when a request comes that names nobody."
    )
    sign_out_url: str = Field(
        default="", description="Where people sign out at the proxy; they are led there when they sign out here."
    )

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{network[:50]!r} is neither an address nor a network like 10.0.0.0/28") from None
        return networks

    @field_validator("header", "email_header", "name_header", "groups_header")
    @classmethod
    def _is_header(cls, name: str) -> str:
        if name and (not HEADER.fullmatch(name) or TAKEN.fullmatch(name)):
            raise ValueError("must be a header of its own: letters, digits and dashes, not one with another meaning")
        return name

    @field_validator("allowed_domains")
    @classmethod
    def _plain_domains(cls, domains: list[str]) -> list[str]:
        return plain_domains(domains)

    @field_validator("sign_out_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url and not re.match(r"https?://[^/\s]|/(?!/)", url):
            raise ValueError("must begin with https://, or with / on this host")
        return url
