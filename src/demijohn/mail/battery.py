"""The mail battery."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.mail.settings import MailSettings


def init(app: Flask, section: MailSettings) -> None:
    del app, section


battery = Battery(name="mail", section=MailSettings, init=init, needs=("database",))
