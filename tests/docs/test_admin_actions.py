"""The actions on the page about actions do what the page says."""

from typing import Any

import sqlalchemy as sa
from howto import blocks
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add, make_admin, visit

from demijohn import db
from demijohn.admin.jobs.runner import jobs_of

__all__ = ["make_admin", "visit"]


def test_the_actions_of_the_page_run(make_admin: MakeAdmin, visit: Visit) -> None:
    names: dict[str, Any] = {"__name__": "shop"}
    exec(blocks("admin-actions.md")[0].replace("from .models", "from shop"), names)
    app = make_admin(admin_views=[names["OrderView"]])
    add(app, *(Customer(name=name, email=f"{name}@example.com") for name in ("ada", "bob")))
    add(app, *(Order(customer_id=1, total=5, note=note) for note in (None, "no mail", None)))
    boss = visit(app, "*")

    assert boss.confirm("/admin/order/action/", {"action": "remind", "rowid": ["1", "2", "3"]}).status_code == 302
    jobs_of(app).run_waiting()
    page = boss.get("/admin/-/jobs/1/").text
    assert ("Done: 2 records." in page, "2: They asked not to be reminded." in page) == (True, True)
    with app.app_context():
        notes = db.session.scalars(sa.select(Order.note).order_by(Order.id))
        assert list(notes) == ["reminded", "no mail", "reminded"]

    done = app.test_cli_runner().invoke(args=["action", "run", "order", "hand_over", "1", "--set", "customer=2"])
    assert (done.exit_code, done.output) == (0, "Done: 1 record.\n")
