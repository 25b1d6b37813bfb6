"""Accounts that follow what somebody else knows of people: roles by group, allowed domains."""
