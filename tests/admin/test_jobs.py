"""Background work: queued with the caller's transaction, done with the owner's rights, stopped, gone on with."""

import os
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer
from tests.admin.conftest import MakeAdmin, Visit, Visitor

from demijohn import clock, current_user, db
from demijohn.admin.access import may
from demijohn.admin.jobs.files import FILES, PARTS, read_file, write_file
from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.pruning import prune_files, prune_jobs
from demijohn.admin.jobs.queue import enqueue
from demijohn.admin.jobs.runner import JobKind, jobs_of
from demijohn.admin.jobs.table import TABLE, claim
from demijohn.admin.jobs.work import Work
from demijohn.auth.guards import Refused
from demijohn.auth.models import user_class


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    """A shop with a page that queues a job of the kind `test`, whose function each test sets."""
    app = make_admin(database={"url": database_url})

    @app.get("/test-enqueue/<int:number>")
    def queue(number: int) -> str:
        job = enqueue("test", {"number": number}, title="Counting", total=number)
        db.session.commit()
        return str(job.id)

    return app


def add_kind(app: Flask, run: Callable[[Work], None], **options: Any) -> None:
    jobs_of(app).add(JobKind(name="test", run=run, **options))


def queued(clerk: Visitor, number: int = 3) -> str:
    return clerk.get(f"/test-enqueue/{number}").text


def state(app: Flask, key: str) -> AdminJob:
    with app.app_context():
        job = db.session.get(AdminJob, int(key))
        assert job is not None
        db.session.expunge(job)
        return job


def count_up(work: Work) -> None:
    for _ in range(work.arguments["number"]):
        work.step()
    work.message = f"Counted to {work.done}."
    work.result_url, work.result_label = "/admin/customer/", "See customers"


def test_a_job_is_done_and_its_owner_is_told_once(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    clerk = visit(app, "customer.view")

    key = queued(clerk)
    before = clerk.get("/admin/").text
    ran = jobs_of(app).run_waiting()
    told, after = clerk.get("/admin/").text, clerk.get("/admin/").text

    assert "Waiting for its turn" in before
    assert ran == 1
    assert (state(app, key).state, state(app, key).done) == ("done", 3)
    assert "Counted to 3." in told
    assert 'href="/admin/customer/"' in told
    assert "Counted to 3." not in after
    assert clerk.get(f"/admin/-/jobs/{key}/status/").json == {
        "id": int(key), "state": "done", "word": "Done", "is_open": False, "done": 3, "total": 3, "title": "Counting",
        "message": "Counted to 3.", "result_url": "/admin/customer/", "result_label": "See customers",
    }  # fmt: skip


def test_people_without_jobs_cost_no_statement(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "customer.view")
    clerk.get("/admin/customer/")
    seen: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    clerk.get("/admin/customer/")

    assert not [statement for statement in seen if "admin_job" in statement]


def test_a_job_acts_for_its_owner_over_the_channel_job(app: Flask, visit: Visit) -> None:
    from demijohn.audit.models import AuditEntry

    def run(work: Work) -> None:
        work.message = f"{current_user.email} {may('customer.view')} {may('customer.edit')}"
        db.session.add(Customer(name="Made", email="made@example.com"))
        db.session.commit()

    add_kind(app, run)
    key = queued(visit(app, "customer.view"))

    jobs_of(app).run_waiting()

    assert state(app, key).message == "visitor0@example.com True False"
    with app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "customer")).one()
        assert (entry.actor, entry.channel, entry.address) == ("visitor0@example.com", "job", None)


def test_a_disabled_owner_is_refused(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    key = queued(visit(app, "customer.view"))
    with app.app_context():
        db.session.execute(sa.update(user_class()).values(is_active=False))
        db.session.commit()

    jobs_of(app).run_waiting()

    assert (state(app, key).state, state(app, key).done) == ("failed", 0)


def test_what_was_taken_meanwhile_is_missed_at_the_next_renewal(app: Flask, visit: Visit) -> None:
    def run(work: Work) -> None:
        assert may("customer.view")
        db.session.execute(sa.update(user_class()).values(is_active=False))
        db.session.commit()
        work.renew()

    add_kind(app, run)
    key = queued(visit(app, "customer.view"))

    jobs_of(app).run_waiting()

    assert "may not sign in any more" in state(app, key).message


@pytest.mark.parametrize(
    ("error", "text"),
    [(Refused("You may not."), "You may not."), (ValueError("secret"), "Something went wrong, at 1 of 3.")],
    ids=["said to people", "a fault"],
)
def test_a_failure_is_told_without_its_insides(app: Flask, visit: Visit, error: Exception, text: str) -> None:
    def run(work: Work) -> None:
        work.step()
        raise error

    add_kind(app, run)
    clerk = visit(app, "customer.view")
    key = queued(clerk)

    jobs_of(app).run_waiting()

    page = clerk.get(f"/admin/-/jobs/{key}/").text
    assert state(app, key).state == "failed"
    assert text in page
    assert "secret" not in page


def test_a_running_job_stops_at_its_next_step_when_cancelled(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "customer.view")

    def run(work: Work) -> None:
        work.step()
        work.last_write = -1e9
        clerk.send(f"/admin/-/jobs/{work.id}/cancel/", {})
        work.step()
        raise AssertionError("it went on")

    add_kind(app, run)
    key = queued(clerk)

    jobs_of(app).run_waiting()

    assert (state(app, key).state, state(app, key).message) == ("cancelled", "Cancelled, at 2 of 3.")


def test_a_queued_job_that_is_cancelled_never_begins(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    clerk = visit(app, "customer.view")
    key = queued(clerk)

    clerk.send(f"/admin/-/jobs/{key}/cancel/", {})

    assert jobs_of(app).run_waiting() == 0
    assert state(app, key).state == "cancelled"


def test_a_server_that_stops_says_what_was_left_and_the_job_goes_on_from_there(app: Flask, visit: Visit) -> None:
    stops, seen = [False, False, True], list[int]()

    def run(work: Work) -> None:
        for number in range(work.kept.get("at", 0), work.arguments["number"]):
            seen.append(number)
            work.keep(at=number + 1)
            work.step()

    add_kind(app, run, goes_on=True)
    clerk = visit(app, "customer.view")
    key = queued(clerk, 5)

    jobs_of(app).run_waiting(lambda: stops.pop(0) if stops else True)
    page = clerk.get(f"/admin/-/jobs/{key}/").text
    clerk.send(f"/admin/-/jobs/{key}/again/", {"mode": "continue"})
    jobs_of(app).run_waiting()

    assert "The server stopped while this was running, at 2 of 5." in page
    assert "Continue" in page
    assert seen == [0, 1, 2, 3, 4]
    assert state(app, key).state == "done"


def test_a_job_whose_process_died_is_called_interrupted_and_can_be_started_again(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    clerk = visit(app, "customer.view")
    key = queued(clerk)
    with app.app_context(), db.engine.begin() as connection:
        claim(connection, "gone")
        connection.execute(TABLE.update().values(heartbeat_at=clock.now() - timedelta(minutes=5), done=2))

    jobs_of(app).run_waiting()
    left = state(app, key)
    clerk.send(f"/admin/-/jobs/{key}/again/", {"mode": "start"})
    jobs_of(app).run_waiting()

    assert (left.state, left.message) == ("interrupted", "The server stopped while this was running, at 2 of 3.")
    assert (state(app, key).state, state(app, key).done) == ("done", 3)


def test_a_process_that_lost_its_job_writes_nothing_more(app: Flask, visit: Visit) -> None:
    def run(work: Work) -> None:
        with work.engine.begin() as connection:
            connection.execute(TABLE.update().values(lease="another"))
        work.last_write = -1e9
        work.step()

    add_kind(app, run)
    key = queued(visit(app, "customer.view"))

    jobs_of(app).run_waiting()

    assert (state(app, key).state, state(app, key).lease, state(app, key).done) == ("running", "another", 0)


def test_two_processes_take_a_job_once(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    key = queued(visit(app, "customer.view"))

    with app.app_context(), db.engine.begin() as first:
        taken = claim(first, secrets.token_hex(4))
    with app.app_context(), db.engine.begin() as second:
        again = claim(second, secrets.token_hex(4))

    assert taken.id == int(key)
    assert again is None


def test_others_do_not_see_a_job_and_a_superuser_does(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    key = queued(visit(app, "customer.view"))
    other, boss = visit(app, "customer.view"), visit(app, "*")

    assert [other.get(f"/admin/-/jobs/{key}/{page}").status_code for page in ("", "status/")] == [404, 404]
    assert other.send(f"/admin/-/jobs/{key}/cancel/", {}).status_code == 404
    assert "Counting" not in other.get("/admin/-/jobs/").text
    assert "Counting" in boss.get("/admin/-/jobs/").text
    assert boss.get(f"/admin/-/jobs/{key}/").status_code == 200
    assert boss.send(f"/admin/-/jobs/{key}/again/", {}).status_code == 403
    assert other.client.post(f"/admin/-/jobs/{key}/cancel/").status_code == 400


def test_a_person_queues_only_so_many(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    clerk = visit(app, "customer.view")
    for _ in range(10):
        queued(clerk)

    with pytest.raises(Refused, match="10 jobs waiting"):
        queued(clerk)


def test_what_is_rolled_back_is_not_queued(app: Flask, visit: Visit) -> None:
    @app.get("/test-rollback")
    def rollback() -> str:
        enqueue("test", {}, title="Never")
        db.session.rollback()
        return ""

    add_kind(app, count_up)
    visit(app, "customer.view").get("/test-rollback")

    assert jobs_of(app).run_waiting() == 0


def test_a_file_is_for_its_owner_while_they_hold_the_permission(app: Flask, visit: Visit) -> None:
    def run(work: Work) -> None:
        chunks = (b"x" * 300_000 for _ in range(4))
        key = write_file(
            chunks, owner_id=current_user.id, name='a/b "ü".csv', mimetype="text/csv", permission="customer.export"
        )
        work.result_url = f"/admin/-/jobs/files/{key}/"

    add_kind(app, run)
    clerk, other = visit(app, "customer.view", "customer.export"), visit(app, "customer.view", "customer.export")
    address = ""
    key = queued(clerk)

    jobs_of(app).run_waiting()
    address = str(state(app, key).result_url)
    found = clerk.get(address)

    assert found.data == b"x" * 1_200_000
    assert found.headers["Content-Disposition"] == (
        "attachment; filename=\"a_b _u_.csv\"; filename*=UTF-8''a_b%20_%C3%BC_.csv"
    )
    assert other.get(address).status_code == 404
    with app.app_context():
        db.session.execute(
            sa.delete(sa.table("role_permission", sa.column("permission"))).where(
                sa.text("permission = 'customer.export'")
            )
        )
        db.session.commit()
    assert clerk.get(address).status_code == 403


def test_old_jobs_and_expired_files_are_pruned(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    clerk = visit(app, "customer.view")
    old, new = queued(clerk), queued(clerk)
    jobs_of(app).run_waiting()
    with app.test_request_context(), db.engine.begin() as connection:
        before = clock.now() - timedelta(days=31)
        connection.execute(TABLE.update().where(TABLE.c.id == int(old)).values(created_at=before))
    with app.app_context():
        file_id = write_file([b"x"], owner_id=1, name="x", mimetype="text/plain")
        with db.engine.begin() as connection:
            connection.execute(FILES.update().values(expires_at=clock.now() - timedelta(seconds=1)))

        counts = (prune_jobs(app), prune_files(app))

        assert counts == (1, 1)
        assert list(db.session.scalars(sa.select(AdminJob.id))) == [int(new)]
        assert list(read_file(file_id)) == []
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PARTS)) == 0
    assert clerk.get(f"/admin/-/jobs/files/{file_id}/").status_code == 404


def test_jobs_go_with_their_owner(app: Flask, visit: Visit) -> None:
    add_kind(app, count_up)
    queued(visit(app, "customer.view"))

    with app.app_context():
        db.session.execute(sa.text("DELETE FROM user_role"))
        db.session.execute(sa.delete(user_class()))
        db.session.commit()

        assert db.session.scalar(sa.select(sa.func.count()).select_from(TABLE)) == 0


SERVED = {"SERVER_SOFTWARE": "a server"}


def test_a_serving_process_does_the_work_by_itself_and_stops_in_good_order(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(environment="development")
    seen: list[str] = []
    done, leave = threading.Event(), threading.Event()

    def run(work: Work) -> None:
        seen.append(threading.current_thread().name)
        done.set()
        leave.wait(10)
        work.step()

    @app.get("/test-enqueue/<int:number>")
    def queue(number: int) -> str:
        job = enqueue("test", {}, title="Counting", total=number)
        db.session.commit()
        return str(job.id)

    add_kind(app, run, goes_on=True)
    clerk = visit(app, "customer.view")
    in_a_test = clerk.get("/test-enqueue/3").text
    nobody = not jobs_of(app).threads

    key = clerk.client.get("/test-enqueue/3", environ_overrides=SERVED).text
    assert done.wait(10)
    worker = jobs_of(app).threads[os.getpid()]
    worker.stop.set()
    leave.set()
    worker.close()

    assert nobody
    assert seen == ["demijohn-jobs"]
    assert (state(app, in_a_test).state, state(app, in_a_test).done) == ("interrupted", 1)
    assert state(app, key).state == "queued"
