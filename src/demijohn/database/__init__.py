"""Models and the database behind them: Flask-SQLAlchemy under one typed base."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.database.mixins import Timestamped as Timestamped
    from demijohn.database.mixins import Versioned as Versioned
    from demijohn.database.softdelete import SoftDeleted as SoftDeleted
    from demijohn.database.types import LongText as LongText
    from demijohn.database.uploads import StoredFile as StoredFile
    from demijohn.database.uploads import Upload as Upload

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "LongText": ".types", "SoftDeleted": ".softdelete", "StoredFile": ".uploads", "Timestamped": ".mixins",
        "Upload": ".uploads", "Versioned": ".mixins",
    },
)  # fmt: skip
