"""Kinds of settings that sign-in through others shares: roles by group, domains of addresses."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator


def several(value: Any) -> Any:
    """Role names as a list: `{"Sales": "seller"}` and `{"Sales": ["seller", "reader"]}` both say what they mean."""
    if isinstance(value, Mapping):
        return {key: one.replace(",", " ").split() if isinstance(one, str) else one for key, one in value.items()}
    return value


RolesByGroup = Annotated[dict[str, list[str]], BeforeValidator(several)]


def plain_domains(domains: list[str]) -> list[str]:
    """The domains in small letters; raises ValueError for what is no plain domain."""
    for domain in domains:
        if "@" in domain or "*" in domain or domain.startswith("."):
            raise ValueError("a domain is written like example.com: no @, no star, no dot before it")
    return [domain.lower() for domain in domains]
