"""API tokens: what a program shows instead of a person's session."""
