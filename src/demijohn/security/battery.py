"""CSRF, redirects, headers, limits and throttles."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.contributions import Job, Probe
from demijohn.security import pruning, start
from demijohn.security.checks import CHECKS
from demijohn.security.csrf import start_csrf
from demijohn.security.gate import install_gate
from demijohn.security.headers import csp_nonce
from demijohn.security.limits import install_limits
from demijohn.security.settings import SecuritySettings


def init(app: Flask, section: SecuritySettings) -> None:
    start.remember(app, section)
    install_gate(app, section)
    install_limits(app)
    start_csrf(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def models(section: SecuritySettings) -> tuple[type, ...]:
    from demijohn.security.models import ThrottleKey

    del section
    return (ThrottleKey,)


battery = Battery(
    name="security",
    section=SecuritySettings,
    init=init,
    after=("database",),
    models=models,
    checks=CHECKS,
    jobs=(Job(name="free throttles", run=pruning.prune, waiting=pruning.free, prunes=True),),
    probes=(Probe(name="throttles", run=start.probe_throttles, is_vital=False),),
)
