"""The code of the page on slow work, run as it stands."""

from typing import Any

from tests.conftest import MakeApp
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.runner import jobs_of
from demijohn.auth.models import user_class
from demijohn.testing_client import Client, sign_in


def test_the_page_on_slow_work_counts_shelves(make_app: MakeApp) -> None:
    define, queue = blocks("admin-jobs.md")
    app = make_app()
    counted: list[int] = []
    names: dict[str, Any] = {"app": app, "count_shelf": counted.append, "db": db}
    exec(define, names)
    app.add_url_rule("/recount", "recount", lambda: exec(queue, names) or "")
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com", is_superuser=True))
        db.session.commit()
    client = Client(app, app.response_class)
    sign_in(client, "ada@example.com")
    client.get("/recount")

    jobs_of(app).run_waiting()

    with app.app_context():
        job = db.session.get(AdminJob, 1)
        assert job is not None
        assert (job.state, job.message, job.done) == ("done", "40 shelves counted.", 40)
    assert counted == list(range(40))
