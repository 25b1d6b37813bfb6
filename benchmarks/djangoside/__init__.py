"""The same back office on Django; runs in an environment of its own (`benchmarks.admin` makes it)."""
