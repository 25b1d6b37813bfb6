"""Commands that run before, and without, a loadable application."""
