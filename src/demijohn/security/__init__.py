"""CSRF, redirects, headers, limits and throttles."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.security.headers import csp as csp

__getattr__, __dir__, __all__ = lazy_exports(__name__, {"csp": ".headers"})
