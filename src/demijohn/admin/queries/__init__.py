"""Saved queries: read-only SQL, kept under a title and shown as a table, a number or a chart. Off by default."""
