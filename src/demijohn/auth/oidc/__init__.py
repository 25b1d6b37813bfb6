"""Sign-in through OpenID Connect providers."""
