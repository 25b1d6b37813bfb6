"""Column types of the account tables."""

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from demijohn.auth.addresses import MAX_LENGTH, comparable_address


class EmailAddress(TypeDecorator[str]):
    """An e-mail address in its normal form, on the way in and in every comparison.

    So `User.email == "ADA@Example.com"` finds ada@example.com, and the unique key holds for any way of writing it.
    """

    impl = sa.String(MAX_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else comparable_address(value)
