"""`flask batteries`: what is on or off, why, what it registered and what its start cost."""

import json
from typing import Any

import click
from flask import Flask
from flask.cli import NoAppException

from demijohn.cli.loading import leave, load_application
from demijohn.state import State, state_of


def run(ctx: click.Context, *, as_json: bool) -> None:
    """Exit 0, or 2 if the application cannot be loaded."""
    try:
        app = load_application(ctx)
    except NoAppException as error:
        leave(ctx, error)
    found = [described(app, name) for name in state_of(app).reasons]
    click.echo(json.dumps(found, indent=2)) if as_json else show(found)


def described(app: Flask, name: str) -> dict[str, Any]:
    """One battery, as plain data."""
    state = state_of(app)
    reason = state.reasons[name]
    if not state.has(name):
        return {"name": name, "on": False, "why": reason}
    registered = state.registered[name]
    endpoints = set(registered.endpoints)
    return {
        "name": name,
        "on": True,
        "why": reason,
        "start_ms": round(state.costs[name] * 1000, 1),
        "blueprints": list(registered.blueprints),
        "commands": list(registered.commands),
        "tables": tables(state, name),
        "checks": [check.name for battery, check in state.contributed("checks") if battery.name == name],
        "routes": [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in endpoints],
    }


def tables(state: State, name: str) -> list[str]:
    models = [model for battery, model in state.contributed("models") if battery.name == name]
    return [str(getattr(model, "__tablename__", model.__name__)) for model in models]


def show(found: list[dict[str, Any]]) -> None:
    width = max((len(one["name"]) for one in found), default=0)
    for one in found:
        cost = f"  {one['start_ms']} ms" if one["on"] else ""
        click.echo(f"{one['name']:{width}}  {one['why']}{cost}")
        for kind in ("blueprints", "commands", "tables", "checks"):
            if one.get(kind):
                click.echo(f"{'':{width}}    {kind}: {', '.join(one[kind])}")
        if one.get("routes"):
            click.echo(f"{'':{width}}    routes: {len(one['routes'])}")
