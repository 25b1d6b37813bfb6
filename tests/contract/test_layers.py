"""Conflicts between batteries are refused naming both; the application's own wins."""

import click
import pytest
from flask import Blueprint, Flask

from demijohn import Battery, SetupError
from demijohn.section import Section


def nothing(app: Flask, section: Section) -> None: ...


def test_two_batteries_with_one_blueprint_name_are_refused_naming_both(make_app) -> None:
    one = Battery(name="one", section=Section, init=nothing, blueprints=(Blueprint("same", __name__),))
    two = Battery(name="two", section=Section, init=nothing, blueprints=(Blueprint("same", __name__),))

    with pytest.raises(SetupError, match="batteries 'one' and 'two' both register the blueprint 'same'"):
        make_app(batteries=[one, two])


def test_two_batteries_with_one_command_name_are_refused_naming_both(make_app) -> None:
    one = Battery(name="one", section=Section, init=nothing, commands=(click.Command("same"),))
    two = Battery(name="two", section=Section, init=nothing, commands=(click.Command("same"),))

    with pytest.raises(SetupError, match="batteries 'one' and 'two' both add the command 'same'"):
        make_app(batteries=[one, two])


def test_the_applications_own_command_replaces_a_batterys(make_app) -> None:
    battery = Battery(name="one", section=Section, init=nothing, commands=(click.Command("same", help="theirs"),))
    app = make_app(batteries=[battery])

    app.cli.command("same")(lambda: click.echo("mine"))

    assert app.test_cli_runner().invoke(args=["same"]).output == "mine\n"
