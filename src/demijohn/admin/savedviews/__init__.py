"""Saved views: what a list shows, kept under a name, for oneself or for everybody who sees the list."""
