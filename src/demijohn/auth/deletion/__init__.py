"""Deleting one's own account: asked for, taken back within a grace period, then carried out."""
