"""Mail that is never lost and never waited for: an outbox in the same transaction."""
