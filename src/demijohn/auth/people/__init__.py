"""One user as the administrator sees them: what they hold, what happened, and what can be done."""
