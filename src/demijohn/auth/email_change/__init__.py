"""Another address for an account: proved by a link at the new one, announced at the old one, undone from there."""
