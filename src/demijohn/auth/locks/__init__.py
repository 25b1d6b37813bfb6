"""What keeps somebody from signing in for a while, shown and lifted."""
