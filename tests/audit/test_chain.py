"""The hash chain: entries are sealed, and whoever edits the tables without the key is found."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer

from demijohn import audit, db
from demijohn.audit import sealing
from demijohn.audit.models import ENTRIES, SEALS, AuditSeal
from demijohn.audit.recorder import AuditLogIsFinalError
from demijohn.audit.sealing import LostKeyError, seal_next, seal_when_due
from demijohn.audit.verifying import Head, Report, verify

Write = Callable[[sa.Connection], Any]


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    """Three seals of four entries each, and two entries that are not sealed yet."""
    made: Flask = make_app(database={"url": database_url})
    for _ in range(3):
        write(made, 4)
        seal(made)
    write(made, 2)
    return made


def write(app: Flask, count: int) -> None:
    with app.app_context():
        for _ in range(count):
            audit.record("order.printed", table="order", key=7, changes={"copies": (1, 2), "path": "a/é/\ud83d"})
        db.session.commit()


def seal(app: Flask, **options: Any) -> int:
    with app.app_context():
        return seal_next(app, **options)


def check(app: Flask, **options: Any) -> Report:
    with app.app_context():
        return verify(app, **options)


def by_sql(app: Flask, work: Write) -> Any:
    """What somebody does who can write the tables and has no key."""
    with app.app_context(), db.engine.begin() as connection:
        return work(connection)


def found(report: Report) -> list[tuple[int | None, int | None, str]]:
    return [(fault.entry, fault.seal, fault.text) for fault in report.faults]


def rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(sa.select(table).order_by(next(iter(table.primary_key))))]


def test_an_untouched_log_holds_together(app: Flask) -> None:
    report = check(app)

    assert (report.seals, report.entries, report.waiting, found(report)) == (3, 12, 2, [])
    assert report.head is not None
    assert report.head.startswith("3:")


def change(entry: int, **values: Any) -> Write:
    return lambda connection: connection.execute(sa.update(ENTRIES).where(ENTRIES.c.id == entry).values(values))


def swap(first: int, second: int) -> Write:
    def work(connection: sa.Connection) -> None:
        for old, new in ((first, -1), (second, first), (-1, second)):
            connection.execute(sa.update(ENTRIES).where(ENTRIES.c.id == old).values(id=new))

    return work


def insert(entry: int, like: int, **values: Any) -> Write:
    def work(connection: sa.Connection) -> None:
        row = next(row for row in rows(connection, ENTRIES) if row["id"] == like)
        connection.execute(sa.insert(ENTRIES).values({**row, "id": entry, **values}))

    return work


def delete(entry: int) -> Write:
    return lambda connection: connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.id == entry))


CHANGED = "was changed since it was sealed."
FOREIGN = "was not written by this application, or was changed since."

ATTACKS: dict[str, tuple[Write, list[tuple[int | None, int | None, str]]]] = {
    "a value edited": (change(6, actor="somebody else"), [(6, 2, CHANGED)]),
    "a moment edited": (
        lambda c: c.execute(sa.update(ENTRIES).where(ENTRIES.c.id == 6).values(at=sa.text("'2020-01-01 00:00:00'"))),
        [(6, 2, CHANGED)],
    ),
    "the old value edited": (change(6, changes={"copies": [0, 2], "path": [None, "a/é/\ud83d"]}), [(6, 2, CHANGED)]),
    "only the signature edited": (change(6, signature="0" * 96), [(6, 2, CHANGED)]),
    "an entry removed": (delete(6), [(6, 2, "was removed.")]),
    "two entries swapped": (swap(2, 7), [(2, 1, CHANGED), (7, 2, CHANGED)]),
    "an entry moved to another id": (
        lambda c: c.execute(sa.update(ENTRIES).where(ENTRIES.c.id == 6).values(id=900)),
        [(6, 2, "was removed.")],
    ),
    "one put in without a signature": (insert(900, like=6, signature=None), [(900, None, FOREIGN)]),
    "one put in with a made up signature": (insert(900, like=6, signature="ab" * 48), [(900, None, FOREIGN)]),
    "one put in, back-dated before the first": (insert(-3, like=1, key="8"), [(-3, None, FOREIGN)]),
    "a genuine one repeated": (insert(900, like=6), [(900, None, "is a copy of another entry.")]),
    "a genuine one repeated before the first": (insert(-3, like=6), [(-3, None, "is a copy of another entry.")]),
    "one edited that is not sealed yet": (change(13, actor="somebody else"), [(13, None, FOREIGN)]),
    "a seal removed": (
        lambda c: c.execute(sa.delete(SEALS).where(SEALS.c.number == 2)),
        [(None, 2, "is missing.")],
    ),
    "the first two seals removed": (
        lambda c: c.execute(sa.delete(SEALS).where(SEALS.c.number < 3)),
        [(None, 1, "to 2 are missing.")],
    ),
    "a seal's moment edited": (
        lambda c: c.execute(sa.update(SEALS).where(SEALS.c.number == 2).values(at=sa.text("'2020-01-01 00:00:00'"))),
        [(None, 3, "does not follow seal 2: one of the two was changed.")],
    ),
    "a seal's signature edited": (
        lambda c: c.execute(sa.update(SEALS).where(SEALS.c.number == 2).values(signature="0" * 64)),
        [(None, 3, "does not follow seal 2: one of the two was changed.")],
    ),
    "the newest seal's signature edited": (
        lambda c: c.execute(sa.update(SEALS).where(SEALS.c.number == 3).values(signature="0" * 64)),
        [(None, 3, "carries no signature by a key of this application.")],
    ),
    "a seal with ids that are none": (
        lambda c: c.execute(sa.update(SEALS).where(SEALS.c.number == 3).values(ids=[[1, 10**15]])),
        [(None, 3, "was changed.")],
    ),
}


@pytest.mark.parametrize(("attack", "faults"), ATTACKS.values(), ids=ATTACKS.keys())
def test_whoever_edits_the_tables_is_found(app: Flask, attack: Write, faults: Any) -> None:
    by_sql(app, attack)

    assert found(check(app)) == faults
    with app.app_context():
        while seal_safely(app):
            pass
    assert {text for _, _, text in found(check(app))} >= {text for _, _, text in faults}  # sealing hides nothing


def seal_safely(app: Flask) -> int:
    try:
        return seal_next(app, thoroughly=True)
    except LostKeyError:
        return 0


@pytest.mark.parametrize("to_the_end", [False, True], ids=["from the edited seal on", "and everything newer dropped"])
def test_sealing_again_without_the_key_is_found(app: Flask, to_the_end: bool) -> None:
    """Edit an entry and make every hash fit again: only the signatures cannot be made."""

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.update(ENTRIES).where(ENTRIES.c.id == 6).values(actor="somebody else"))
        if to_the_end:
            connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.id > 8))
            connection.execute(sa.delete(SEALS).where(SEALS.c.number > 2))
        entries = {row["id"]: row for row in rows(connection, ENTRIES)}
        previous = ""
        for one in rows(connection, SEALS):
            hashes = [sealing.entry_hash(entries[number]) for number in sealing_ids(one)]
            values = {
                "content": sealing.hashlib.sha256(b"".join(hashes)).hexdigest(),
                "leaves": b"".join(digest[:8] for digest in hashes),
                "previous": previous,
            }
            connection.execute(sa.update(SEALS).where(SEALS.c.number == one["number"]).values(values))
            previous = sealing.seal_hash({**one, **values})

    by_sql(app, work)

    (fault, *_) = check(app).faults
    assert "no signature by a key of this application" in fault.text
    with app.app_context(), pytest.raises(LostKeyError, match="not made with a key"):
        seal_next(app)


def sealing_ids(seal: dict[str, Any]) -> list[int]:
    return [one for first, last in seal["ids"] for one in range(first, last + 1)]


def test_cutting_off_the_end_is_found_with_a_head_that_was_kept(app: Flask) -> None:
    head = Head.read(str(check(app).head))
    by_sql(app, lambda c: c.execute(sa.delete(SEALS).where(SEALS.c.number == 3)))
    by_sql(app, lambda c: c.execute(sa.delete(ENTRIES).where(ENTRIES.c.id > 8)))

    assert found(check(app)) == []  # nothing is left that could tell
    assert found(check(app, expect=head)) == [(None, 3, "is missing. The end of the chain was cut off.")]
    write(app, 1)
    seal(app)
    assert found(check(app, expect=head)) == [(None, 3, "is not the seal that the head you kept names.")]


def test_after_a_kept_head_the_older_entries_are_not_read(app: Flask) -> None:
    head = Head.read(str(check(app).head))
    seal(app)
    by_sql(app, change(6, actor="somebody else"))
    by_sql(app, change(14, actor="somebody else"))

    report = check(app, after=head)

    assert (report.seals, report.entries, found(report)) == (4, 2, [(14, 4, CHANGED)])
    assert [entry for entry, _, _ in found(check(app))] == [6, 14]


def test_entries_that_become_visible_late_are_sealed_later_and_alarm_nobody(app: Flask) -> None:
    late = {}

    def take(connection: sa.Connection) -> None:
        late.update(next(row for row in rows(connection, ENTRIES) if row["id"] == 13))
        connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.id == 13))  # as if its transaction were still open

    by_sql(app, take)
    assert seal(app) == 1
    by_sql(app, lambda c: c.execute(sa.insert(ENTRIES).values(late)))

    assert (check(app).waiting, found(check(app))) == (1, [])
    assert seal(app) == 1
    assert (check(app).waiting, check(app).entries, found(check(app))) == (0, 14, [])


def test_entries_later_than_the_automatic_look_are_sealed_by_a_thorough_one(app: Flask) -> None:
    seal(app)
    gone: dict[str, Any] = {}

    def take(connection: sa.Connection) -> None:
        gone.update(next(row for row in rows(connection, ENTRIES) if row["id"] == 15))
        connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.id == 15))

    write(app, 1)
    by_sql(app, take)
    for _ in range(sealing.LOOKS_BACK + 1):
        write(app, 1)
        seal(app)
    by_sql(app, lambda c: c.execute(sa.insert(ENTRIES).values({**gone, "id": 10_000})))
    by_sql(app, lambda c: c.execute(sa.update(ENTRIES).where(ENTRIES.c.id == 10_000).values(id=-1)))

    assert seal(app) == 0
    assert check(app).waiting == 1
    assert seal(app, thoroughly=True) == 1
    assert found(check(app)) == []


def test_several_processes_at_once_seal_each_entry_once(make_app: Any, database_url: str) -> None:
    app = make_app(database={"url": database_url})
    write(app, 40)

    def both(number: int) -> None:
        write(app, 5)
        seal(app)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(both, range(16)))
    while seal(app):
        pass

    report = check(app)
    assert (report.entries, report.waiting, found(report)) == (120, 0, [])
    ids = by_sql(app, lambda c: [one for seal in rows(c, SEALS) for one in sealing_ids(seal)])
    assert len(ids) == len(set(ids)) == 120


def test_a_batch_holds_a_thousand_at_most(app: Flask) -> None:
    write(app, 1_500)

    assert [seal(app), seal(app), seal(app)] == [1_000, 502, 0]
    assert found(check(app)) == []


def test_it_seals_by_itself_when_the_last_seal_is_old_or_much_waits(app: Flask, clock: Any) -> None:
    from datetime import timedelta

    with app.app_context():
        assert seal_when_due(app) == 0
        clock.travel(timedelta(seconds=301))
        assert seal_when_due(app) == 2
    write(app, 1_001)
    with app.app_context():
        assert (seal_when_due(app), seal_when_due(app)) == (1_000, 0)


def test_every_kind_of_change_is_signed_as_it_is_read_back(app: Flask) -> None:
    import decimal

    with app.app_context():
        ada = Customer(name="Ada \u2028 é", email="ada@example.com")
        db.session.add(ada)
        db.session.commit()
        ada.name = "x" * 200
        db.session.commit()
        db.session.execute(sa.update(Customer).values(name="all"))
        audit.record(
            "sums", changes={"a": decimal.Decimal("1.10"), "b": 0.1 + 0.2, "c": 2**80, "d": {"x": [None, True]}}
        )
        db.session.commit()
        db.session.delete(ada)
        db.session.commit()

    assert (check(app).waiting, found(check(app))) == (7, [])


def test_a_changed_key_still_verifies_while_the_old_one_is_a_fallback_and_after(make_app: Any, tmp_path: Any) -> None:
    url, old, new = f"sqlite:///{tmp_path}/a.db", "old-" + "k" * 40 + "9z", "new-" + "q" * 40 + "7y"
    app = make_app(database={"url": url}, secret_key=old)
    write(app, 3)
    seal(app)
    write(app, 1)

    rotating = make_app(database={"url": url}, secret_key=new, secret_key_fallbacks=[old], create_tables=False)
    assert (check(rotating).waiting, found(check(rotating))) == (1, [])
    assert seal(rotating) == 1
    rotated = make_app(database={"url": url}, secret_key=new, create_tables=False)
    assert found(check(rotated)) == []
    by_sql(rotated, change(2, actor="somebody else"))
    assert found(check(rotated)) == [(2, 1, CHANGED)]


def test_a_lost_key_is_told_and_the_chain_goes_on_on_an_administrators_word(make_app: Any, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    app = make_app(database={"url": url})
    write(app, 3)
    seal(app)
    write(app, 2)
    lost = make_app(database={"url": url}, secret_key="another-" + "q" * 40 + "7y", create_tables=False)

    assert {text for _, _, text in found(check(lost))} == {
        "carries no signature by a key of this application.",
        FOREIGN,
    }
    refused = lost.test_cli_runner().invoke(args=["audit", "seal"])
    assert (refused.exit_code, "flask audit seal --on-trust" in refused.output) == (1, True)
    unsure = lost.test_cli_runner().invoke(args=["audit", "seal", "--on-trust"], input="n\n")
    assert unsure.exit_code == 1
    done = lost.test_cli_runner().invoke(args=["audit", "seal", "--on-trust", "--yes"])
    assert (done.exit_code, done.output) == (0, "2 entries sealed.\n")
    assert (found(check(lost)), check(lost).on_trust) == ([], [2])


def test_seals_cannot_be_changed_through_the_session(app: Flask) -> None:
    with app.app_context():
        one = db.session.get_one(AuditSeal, 2)
        one.previous = "0" * 64
        with pytest.raises(AuditLogIsFinalError):
            db.session.commit()
        db.session.rollback()
        with pytest.raises(AuditLogIsFinalError):
            db.session.execute(sa.delete(AuditSeal))
        db.session.rollback()


def test_values_that_cannot_be_read_are_named_and_break_nothing(make_app: Any) -> None:
    app = make_app()
    write(app, 4)
    seal(app)
    write(app, 1)
    for text in (
        "UPDATE audit_entry SET at = 'yesterday' WHERE id = 2",
        "UPDATE audit_entry SET changes = '{' WHERE id IN (3, 5)",
    ):
        by_sql(app, lambda c, text=text: c.execute(sa.text(text)))

    assert found(check(app)) == [(2, 1, CHANGED), (3, 1, CHANGED), (5, None, FOREIGN)]
    by_sql(app, lambda c: c.execute(sa.text("UPDATE audit_seal SET ids = '[', at = 'x'")))
    assert (None, 1, "holds values that are none of ours.") in found(check(app))


def run(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["audit", *args])


def test_the_command_says_what_is_wrong_and_where(app: Flask) -> None:
    fine = run(app, "verify")
    assert fine.exit_code == 0
    assert "3 seals, 12 entries read in them, 2 entries not sealed yet." in fine.output
    assert "The log holds together.\nHead: 3:" in fine.output
    head = json.loads(run(app, "verify", "--json").output)["head"]
    assert run(app, "verify", "--expect", head, "--after", head).exit_code == 0

    by_sql(app, change(6, actor="somebody else"))
    by_sql(app, lambda c: c.execute(sa.delete(SEALS).where(SEALS.c.number == 3)))
    broken = run(app, "verify", "--expect", head)
    assert broken.exit_code == 1
    assert "Entry 6 (seal 2) was changed since it was sealed." in broken.output
    assert "Seal 3 is missing. The end of the chain was cut off." in broken.output
    told = json.loads(run(app, "verify", "--json").output)
    assert (told["ok"], told["fault_count"], told["faults"][0]["entry"]) == (False, 1, 6)


@pytest.mark.parametrize("head", ["3", "x:y", "3:abc", "-1:" + "0" * 64])
def test_a_head_that_is_none_is_wrong_use(app: Flask, head: str) -> None:
    result = run(app, "verify", "--expect", head)

    assert result.exit_code == 2
    assert "is no head" in result.output


def test_the_command_seals_everything_now(app: Flask) -> None:
    assert run(app, "seal").output == "2 entries sealed.\n"
    assert run(app, "seal").output == "0 entries sealed.\n"


def test_a_long_list_of_faults_is_cut_and_counted(make_app: Any) -> None:
    app = make_app()
    write(app, 150)
    seal(app)
    by_sql(app, lambda c: c.execute(sa.update(ENTRIES).values(actor="x")))

    assert "… and 50 more." in run(app, "verify").output
