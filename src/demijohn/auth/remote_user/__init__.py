"""Sign-in by whom a reverse proxy or the web server names; off by default."""
