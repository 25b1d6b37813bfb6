"""Invitations: an account for one address, with its roles, made by whom it was sent to."""
