"""Preferences: how one person arranged the dashboard for themselves."""
