"""The audit battery."""

from flask import Flask

from demijohn.battery import Battery

from .settings import AuditSettings


def init(app: Flask, section: AuditSettings) -> None:
    del app, section


battery = Battery(name="audit", section=AuditSettings, init=init, needs=("database",))
