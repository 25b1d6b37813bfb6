"""Accounts: users, roles, permissions, and the ways in and out."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.auth.models import Role as Role
    from demijohn.auth.models import UserBase as UserBase
    from demijohn.auth.scopes import scope as scope

__getattr__, __dir__, __all__ = lazy_exports(__name__, {"Role": ".models", "UserBase": ".models", "scope": ".scopes"})
