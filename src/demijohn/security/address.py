"""Who is at the other end of the connection: the client's address and its network."""

import ipaddress

from flask import request


def client_address() -> str:
    """The client's IP address, after as many forwarded hops as `security.proxies` says; empty if not known."""
    return (request.remote_addr or "")[:64]


def client_network(address: str) -> str:
    """The network that one household or office usually holds: /24 of IPv4, /64 of IPv6; other text unchanged.

    An attacker moves freely inside a /64, so counting single IPv6 addresses counts nothing.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))
