"""The download of what is kept about oneself."""
