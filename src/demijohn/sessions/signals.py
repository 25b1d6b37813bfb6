"""What sessions tell whoever listens; plain values, because auth, mail and audit are above this battery."""

from blinker import Namespace

session_replayed = Namespace().signal("session-replayed")
"""An id that had been replaced was shown again, so somebody has a copy; the session is ended.

Sent with the application, and `user_id` (None for a stranger's session), `address` and `agent` of who showed it.
"""
