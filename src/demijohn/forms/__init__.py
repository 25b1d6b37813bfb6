"""Form macros, JSON bodies and the double-submit guard on Flask-WTF."""
