"""Imports: a table of somebody else's, mapped, tried, shown as a difference, and written."""
