"""Request ids, one masked line per request, and health."""

import logging

from flask import Flask

from demijohn.battery import Battery
from demijohn.observability.logs import RequestFilter, add_filter, note_route
from demijohn.observability.middleware import Observed
from demijohn.observability.request_ids import offer_request_id
from demijohn.observability.settings import ObservabilitySettings


def init(app: Flask, section: ObservabilitySettings) -> None:
    """Starts before security, so that its gate is around this: health has its headers, and addresses are resolved."""
    app.wsgi_app = Observed(app.wsgi_app, app, section)  # type: ignore[method-assign]
    app.before_request_funcs.setdefault(None, []).insert(0, offer_request_id)
    app.after_request(note_route)
    add_filter(logging.getLogger(app.name), RequestFilter)  # `app.logger` itself would add Flask's handler too early


battery = Battery(name="observability", section=ObservabilitySettings, init=init)
