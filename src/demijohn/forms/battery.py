"""Flask-WTF forms with our macros."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.forms.settings import FormsSettings


def init(app: Flask, section: FormsSettings) -> None:
    del app, section


battery = Battery(name="forms", section=FormsSettings, init=init, needs=("security",))
