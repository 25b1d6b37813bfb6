"""refuse_granting: roles handed out by name."""

import pytest
from flask import Flask
from tests.auth.test_can import a_user

from demijohn import db
from demijohn.auth.granting import refuse_granting
from demijohn.auth.guards import Refused
from demijohn.auth.models import Role
from demijohn.auth.permissions import EVERYTHING


@pytest.fixture
def app(app: Flask) -> Flask:
    with app.app_context():
        db.session.add(Role(name="sales", permissions={"order.view", "order.edit"}))
        db.session.commit()
    return app


def test_nobody_hands_out_a_role_that_holds_more_than_they_do(app: Flask) -> None:
    with app.app_context():
        clerk = a_user("order.view")

        with pytest.raises(Refused, match=r"You do not have order\.edit yourself"):
            refuse_granting(clerk, ["sales"])


def test_who_holds_it_all_a_superuser_and_a_command_may_hand_it_out(app: Flask) -> None:
    with app.app_context():
        refuse_granting(a_user("order.view", "order.edit", "admin.access"), ["sales"])
        refuse_granting(a_user(is_superuser=True), ["sales"])
        refuse_granting(None, ["sales"])


def test_an_unknown_role_is_refused_with_the_nearest_name(app: Flask) -> None:
    with app.app_context(), pytest.raises(Refused, match="Did you mean sales"):
        refuse_granting(None, ["slaes"])


def test_what_a_token_leaves_of_everything_is_the_tokens_own() -> None:
    assert "any.thing" in EVERYTHING
    assert EVERYTHING & {"order.view"} == {"order.view"}
