"""The sessions battery."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.sessions.settings import SessionsSettings


def init(app: Flask, section: SessionsSettings) -> None:
    del app, section


battery = Battery(name="sessions", section=SessionsSettings, init=init, needs=("database",))
