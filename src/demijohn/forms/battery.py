"""Flask-WTF forms with our macros."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.contributions import Job
from demijohn.forms import pruning
from demijohn.forms.once import install_guard
from demijohn.forms.settings import FormsSettings


def init(app: Flask, section: FormsSettings) -> None:
    install_guard(app, section)


def models(section: FormsSettings) -> tuple[type, ...]:
    from demijohn.forms.models import FormSubmission

    del section
    return (FormSubmission,)


battery = Battery(
    name="forms",
    section=FormsSettings,
    init=init,
    needs=("security",),
    after=("database", "sessions"),
    models=models,
    jobs=(Job(name="forms sent", run=pruning.prune, waiting=pruning.over, prunes=True),),
)
