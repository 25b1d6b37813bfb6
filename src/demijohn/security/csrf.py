"""CSRF protection by Flask-WTF on everything that has a cookie."""

from flask_wtf import CSRFProtect

csrf = CSRFProtect()
"""Flask-WTF's object, at `app.extensions["csrf"]` too."""
