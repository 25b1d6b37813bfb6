"""Two-step sign-in: codes from an app, recovery codes, devices one trusts, and who must have a second factor."""
