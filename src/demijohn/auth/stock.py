"""The plain User; imported only if no project class inherits UserBase."""

from demijohn.auth.models import UserBase


class User(UserBase):
    """A user with our columns and no more."""
