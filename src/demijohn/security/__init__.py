"""CSRF, redirects, headers, limits and throttles."""
