"""Addresses that carry on what came in an address."""

from typing import Any
from urllib.parse import urlencode

from flask import request


def with_arguments(address: str, **changed: Any) -> str:
    """The address with the arguments of the present one, some of them changed.

    They are written as they are: handed to `url_for`, a `_scheme` or `endpoint` among them would lead elsewhere.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changed]
    pairs = [*kept, *changed.items()]
    return f"{address}?{urlencode(pairs)}" if pairs else address
