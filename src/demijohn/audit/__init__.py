"""Who changed what: every write through the unit of work, in its own transaction."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.audit.log import paused as paused
    from demijohn.audit.log import record as record

__getattr__, __dir__, __all__ = lazy_exports(__name__, {"paused": ".log", "record": ".log"})
