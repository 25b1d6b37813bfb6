"""Tickets: what customers ask for, as a battery of the project's own."""
