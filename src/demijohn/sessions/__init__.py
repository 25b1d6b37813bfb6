"""Sessions in a table: revocable, listed, and free for strangers."""
