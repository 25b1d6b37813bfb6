"""Slow work of the dashboard: queued in a table, done by a thread of a serving process."""
