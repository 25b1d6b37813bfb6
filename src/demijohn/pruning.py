"""`flask prune`: delete now what serving processes delete by themselves."""

import json

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.contributions import Job
from demijohn.housekeeping import jobs_of


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say how many rows there are.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_appcontext
def prune(*, dry_run: bool, as_json: bool) -> None:
    """Delete rows that have had their time: ended sessions, old messages, old audit entries and the like."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    rows: dict[str, int] = {}
    failed: dict[str, str] = {}
    for job in jobs_of(app):
        if not job.prunes:
            continue
        try:
            rows[job.name] = job.waiting(app) if dry_run else all_batches(app, job)
        except Exception as error:  # noqa: BLE001 - one that fails must not keep the others
            failed[job.name] = f"{type(error).__name__}: {error}".partition("\n")[0]
    if as_json:
        click.echo(json.dumps({"deleted": not dry_run, "rows": rows, "failed": failed}, indent=2))
    for name, count in rows.items() if not as_json else ():
        click.echo(f"{count:>9,}  {name}")
    for name, why in failed.items():
        click.echo(f"{name}: {why}", err=True)
    raise SystemExit(1 if failed else 0)


def all_batches(app: Flask, job: Job) -> int:
    """Do a job until nothing is left; how many pieces that were."""
    done = 0
    while count := job.run(app):
        done += count
    return done
