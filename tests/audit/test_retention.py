"""Retention: old entries go from the beginning of the chain, and what is left still verifies."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.audit.test_chain import by_sql, check, found, rows, run, seal, write

from demijohn import clock, db
from demijohn.audit import pruning
from demijohn.audit.models import ENTRIES, SEALS, AuditEntry
from demijohn.audit.pruning import BrokenLogError
from demijohn.audit.verifying import Head


@pytest.fixture
def app(make_app: Any, database_url: str, clock: Any) -> Flask:
    """Two seals of four entries that are 40 days old, one of today; entries are kept 30 days."""
    made: Flask = make_app(database={"url": database_url}, audit={"retention_days": 30})
    for _ in range(2):
        write(made, 4)
        seal(made)
    clock.travel(timedelta(days=40))
    write(made, 4)
    seal(made)
    return made


def prune(app: Flask) -> int:
    done = 0
    with app.app_context():
        while count := pruning.prune(app):
            done += count
    return done


def waiting(app: Flask) -> int:
    with app.app_context():
        return pruning.waiting(app)


def entries(app: Flask) -> list[int]:
    return by_sql(app, lambda c: [row["id"] for row in rows(c, ENTRIES)])


def test_whole_seals_go_and_the_rest_verifies_with_a_note_of_what_went(app: Flask) -> None:
    kept = Head.read(str(check(app).head))

    assert (waiting(app), prune(app), waiting(app), prune(app)) == (8, 8, 0, 0)

    assert entries(app) == [9, 10, 11, 12, 13]
    report = check(app, expect=kept)
    assert (report.seals, report.entries, report.waiting, report.dropped, found(report)) == (2, 4, 1, 8, [])
    with app.app_context():
        last = db.session.get_one(AuditEntry, 13)
        assert (last.action, last.changes["entries"], last.changes["through_seal"]) == (
            "audit.pruned",
            [None, 8],
            [None, 2],
        )


def test_pruning_again_later_goes_on_from_there(app: Flask, clock: Any) -> None:
    prune(app)
    seal(app)
    clock.travel(timedelta(days=40))
    write(app, 1)
    seal(app)

    assert prune(app) == 5
    report = check(app)
    assert (report.dropped, report.entries, found(report)) == (13, 1, [])


def test_a_log_whose_every_seal_is_old_goes_but_for_the_note(app: Flask, clock: Any) -> None:
    clock.travel(timedelta(days=40))

    assert prune(app) == 12
    assert entries(app) == [13]
    seal(app)
    assert (check(app).entries, found(check(app))) == (1, [])


def test_entries_are_kept_for_ever_unless_said(make_app: Any, clock: Any) -> None:
    app = make_app()
    write(app, 4)
    seal(app)
    clock.travel(timedelta(days=4_000))

    assert (waiting(app), prune(app)) == (0, 0)


def test_who_stops_in_between_leaves_a_log_that_verifies_and_the_next_goes_on(app: Flask) -> None:
    with app.app_context():
        assert pruning.drop(app, pruning.cutoff(app)) is True  # type: ignore[arg-type]  # set in this test

    assert (waiting(app), found(check(app))) == (8, [])
    assert (prune(app), found(check(app)), check(app).dropped) == (8, [], 8)


def test_what_was_edited_is_not_wiped_by_retention(app: Flask) -> None:
    by_sql(app, lambda c: c.execute(sa.update(ENTRIES).where(ENTRIES.c.id == 2).values(actor="somebody else")))

    with app.app_context(), pytest.raises(BrokenLogError, match="nothing of it is deleted"):
        pruning.prune(app)

    assert len(entries(app)) == 12
    result = app.test_cli_runner().invoke(args=["prune"])
    assert result.exit_code == 1
    assert "old audit entries: BrokenLogError" in result.output


def test_making_seals_look_old_does_not_get_their_entries_deleted(app: Flask) -> None:
    write(app, 1)
    seal(app)
    by_sql(app, lambda c: c.execute(sa.text("UPDATE audit_seal SET at = '2020-01-01 00:00:00' WHERE number = 3")))

    with app.app_context(), pytest.raises(BrokenLogError):
        pruning.prune(app)


ATTACKS = {
    "removing one more seal and its entries": (
        lambda c: (
            c.execute(sa.delete(SEALS).where(SEALS.c.number == 3)),
            c.execute(sa.delete(ENTRIES).where(ENTRIES.c.id < 13)),
        ),
        "is missing.",
    ),
    "saying that more was pruned": (
        lambda c: c.execute(
            sa.update(SEALS).where(SEALS.c.number == 4).values(facts={"through": 3, "hash": "0" * 64, "dropped": 12})
        ),
        "carries no signature by a key of this application.",
    ),
    "a seal before the beginning that holds what was put in": (
        lambda c: c.execute(
            sa.insert(SEALS).values(
                {**next(row for row in rows(c, SEALS) if row["number"] == 3), "number": 2, "ids": [[13, 16]]}
            )
        ),
        "was changed.",
    ),
}


@pytest.mark.parametrize(("attack", "text"), ATTACKS.values(), ids=ATTACKS.keys())
def test_pruning_is_no_cover_for_others(app: Flask, attack: Any, text: str) -> None:
    prune(app)
    by_sql(app, attack)

    assert text in {fault.text for fault in check(app).faults}


def test_several_at_once_delete_each_entry_once(app: Flask) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: prune(app), range(8))) == 8
    assert (len(entries(app)), check(app).dropped, found(check(app))) == (5, 8, [])


@pytest.mark.parametrize("statements", [1, 5, 7])
def test_what_another_process_prunes_meanwhile_is_no_broken_log(app: Flask, statements: int) -> None:
    left = iter(range(1, statements + 1))

    with app.app_context(), ThreadPoolExecutor(1) as others:

        @sa.event.listens_for(db.engine, "after_cursor_execute")
        def overtake(*_: Any) -> None:
            if next(left, None) == statements:
                others.submit(prune, app).result()

        assert pruning.drop(app, pruning.cutoff(app) or clock.now()) is False


def test_the_command_prunes_everything_and_says_what(app: Flask) -> None:
    asked = json.loads(app.test_cli_runner().invoke(args=["prune", "--dry-run", "--json"]).output)
    assert (asked["deleted"], asked["rows"]["old audit entries"], asked["failed"]) == (False, 8, {})
    assert set(asked["rows"]) >= {
        "ended sessions",
        "free throttles",
        "forms sent",
        "old messages",
        "expired links and devices",
    }

    done = app.test_cli_runner().invoke(args=["prune"])
    assert (done.exit_code, "        8  old audit entries\n" in done.output) == (0, True)
    with app.app_context():
        entry = db.session.get_one(AuditEntry, 13)
        assert (entry.channel, bool(entry.actor)) == ("command", True)
    assert "8 entries were pruned." in run(app, "verify").output
