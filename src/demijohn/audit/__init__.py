"""Who changed what: every write through the unit of work, in its own transaction."""
