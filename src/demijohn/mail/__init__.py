"""Mail that is never lost and never waited for: an outbox in the same transaction."""

from typing import TYPE_CHECKING

from demijohn.lazy import lazy_exports

if TYPE_CHECKING:
    from demijohn.mail.send import send_mail as send_mail

__getattr__, __dir__, __all__ = lazy_exports(__name__, {"send_mail": ".send"})
