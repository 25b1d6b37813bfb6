"""What can be permitted, and what needs no permission."""
