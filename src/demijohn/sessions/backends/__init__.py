"""Where sessions are kept: a table, or Redis."""
