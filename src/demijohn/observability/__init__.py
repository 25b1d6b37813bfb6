"""Request ids, masked logs and health."""
