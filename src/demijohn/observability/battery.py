"""The observability battery."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.observability.settings import ObservabilitySettings


def init(app: Flask, section: ObservabilitySettings) -> None:
    del app, section


battery = Battery(name="observability", section=ObservabilitySettings, init=init, after=("database",))
