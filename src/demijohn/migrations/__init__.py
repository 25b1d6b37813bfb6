"""Schema changes: each battery's labelled branch and the project's own history."""
