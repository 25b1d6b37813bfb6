"""CSRF, redirects, headers, limits and throttles."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.security.csrf import csrf
from demijohn.security.settings import SecuritySettings


def init(app: Flask, section: SecuritySettings) -> None:
    del section
    csrf.init_app(app)


battery = Battery(name="security", section=SecuritySettings, init=init, after=("database",))
