"""The blueprint of the account pages; each application gets the addresses of its own capabilities."""

from flask import Blueprint

from demijohn.auth.capabilities import add_rules

blueprint = Blueprint("auth", __name__, url_prefix="/auth")
blueprint.record(add_rules)
