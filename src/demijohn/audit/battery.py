"""The audit battery."""

from flask import Flask

from demijohn.audit.settings import AuditSettings
from demijohn.battery import Battery


def init(app: Flask, section: AuditSettings) -> None:
    del app, section


battery = Battery(name="audit", section=AuditSettings, init=init, needs=("database",))
