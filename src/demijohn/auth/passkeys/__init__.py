"""Passkeys: signing in with a device that knows its owner, as the whole sign-in or as the second step."""
