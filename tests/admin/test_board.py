"""The first page's tiles: what a project declares, drawn right, and never the whole page's fault."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.admin.test_lists import statements

from demijohn import clock, db
from demijohn.admin.board.charts import drawn
from demijohn.admin.board.figures import figure_of
from demijohn.admin.board.scales import day_label, short_number, ticks
from demijohn.admin.board.tiles import change_text

PIECE = {"X-Requested-With": "fetch"}
DAY = dt.date(2026, 11, 1)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 9, [0, 2, 4, 6, 8, 10]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-30, 70, [-40, -20, 0, 20, 40, 60, 80]),
        (0, 0.004, [0, 0.001, 0.002, 0.003, 0.004]),
        (0, 1_234_567, [0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]),
    ],
)
def test_ticks_are_round_and_hold_the_values(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-7, "-7"), (0.25, "0.25"), (1234, "1.2k"), (99_999, "100k"), (3_000_000, "3M"), (2.5e12, "2.5T")],
)
def test_numbers_of_an_axis_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


def test_days_of_an_axis_say_as_much_as_its_length_needs() -> None:
    assert [day_label(DAY, span_days=span) for span in (30, 400, 4000)] == ["1 Nov", "Nov 2026", "2026"]


@pytest.mark.parametrize(
    "told",
    [
        {"a": 1, "b": 2},
        [("a", 1), ("b", Decimal(2))],
        {"": {"a": 1, "b": 2.0}},
        [("a", "", 1), ("b", "", 2)],
    ],
    ids=["mapping", "rows", "mappings by name", "rows with names"],
)
def test_a_figure_is_made_of_mappings_and_of_rows(told: Any) -> None:
    figure = figure_of("bar", "t", told)

    assert (figure.labels, [one.values for one in figure.series]) == (("a", "b"), [(1.0, 2.0)])


def test_days_without_rows_count_nothing() -> None:
    figure = figure_of("line", "t", [("2026-11-01", 2), (dt.datetime(2026, 11, 4, 9, tzinfo=dt.UTC), 1)])

    assert figure.labels == ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
    assert figure.series[0].values == (2, 0, 0, 1)


def test_several_series_share_their_labels() -> None:
    figure = figure_of("bar", "t", [("mon", "paid", 1), ("tue", "draft", 2)])

    assert [(one.name, one.values) for one in figure.series] == [("paid", (1, 0)), ("draft", (0, 2))]


def test_a_ring_has_its_largest_slices_and_the_rest_as_one() -> None:
    figure = figure_of("donut", "t", {f"n{size}": size for size in range(9)} | {"below": -5})

    assert figure.labels == ("n8", "n7", "n6", "n5", "n4", "Other")
    assert sum(figure.series[0].values) == sum(range(9))


@pytest.mark.parametrize(
    "told",
    [[(1,)], [("a", "b")], ["ab"], {"a": True}, {"a": object()}],
    ids=["a short row", "a text for a number", "a text for a row", "yes for a number", "an object"],
)
def test_what_is_no_figure_is_refused(told: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        figure_of("bar", "t", told)


def rects(markup: str) -> list[dict[str, float]]:
    found = re.findall(
        r'<rect class="dm-bar dm-s\d" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"', markup
    )
    return [dict(zip(("x", "y", "width", "height"), map(float, one), strict=True)) for one in found]


def test_columns_stand_on_one_line_and_are_as_high_as_their_values() -> None:
    bars = rects(drawn(figure_of("bar", "t", {DAY: 2, DAY + dt.timedelta(days=1): 4, DAY + dt.timedelta(days=2): -2})))
    zero = bars[0]["y"] + bars[0]["height"]

    assert [round(one["height"]) for one in bars] == [round(n * bars[0]["height"] / 2) for n in (2, 4, 2)]
    assert (bars[1]["y"] + bars[1]["height"], bars[2]["y"]) == (pytest.approx(zero), pytest.approx(zero))


def test_series_of_a_day_are_stacked() -> None:
    low, high = rects(drawn(figure_of("bar", "t", [(DAY, "a", 1), (DAY, "b", 3)])))

    assert low["x"] == high["x"]
    assert high["y"] + high["height"] == pytest.approx(low["y"])
    assert high["height"] == pytest.approx(3 * low["height"], rel=0.02)


def test_bars_that_lie_are_as_long_as_their_values() -> None:
    first, second = rects(drawn(figure_of("bar", "t", {"a": 10, "a long label of its own": 5})))

    assert second["width"] == pytest.approx(first["width"] / 2, abs=0.2)


@pytest.mark.parametrize("kind", ["line", "bar", "donut"])
@pytest.mark.parametrize(
    "told",
    [{}, {"<b>&\"'": 1}, {DAY: 1}, {DAY: 0, DAY + dt.timedelta(days=900): 1e15}, {"a": -1}, {None: 0.1}],
    ids=["nothing", "hostile", "one day", "years", "below zero", "no label"],
)
def test_every_drawing_stays_in_its_frame_and_is_no_markup_of_others(kind: Any, told: Any) -> None:
    markup = str(drawn(figure_of(kind, "<i>title</i>", told)))
    height = float(re.search(r'viewBox="0 0 \d+ (\d+)"', markup).group(1))  # type: ignore[union-attr]

    assert "<b>" not in markup
    assert "<i>" not in markup
    assert "style=" not in markup
    assert all(0 <= float(y) <= height for y in re.findall(r' y="([-\d.]+)"', markup))
    assert "nan" not in markup
    assert "inf" not in markup


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (12, 10, "+20 %"),
        (5, 10, "\N{MINUS SIGN}50 %"),
        (3, 3, "±0 %"),
        (4, 0, "+4"),
        (0, 0, "±0"),
        (Decimal(3), 2, "+50 %"),
    ],
)
def test_a_change_is_told_in_percent(now: Any, before: Any, text: str) -> None:
    assert change_text(now, before) == text


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    board = app.extensions["demijohn.admin"]
    board.number("Orders", before=lambda: 4)(lambda: 5)
    board.chart("By customer", kind="bar", permission="order.view")(orders_by_customer)
    board.table("Customers", permission="customer.view")(lambda: [{"Name": "Ada & Co", "Orders": 2}])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5), placed_at=clock.now()))
    return app


def orders_by_customer() -> Any:
    return db.session.execute(sa.select(Customer.name, sa.func.count()).join(Order).group_by(Customer.name)).all()


def test_the_first_page_has_places_for_what_one_may_see(app: Flask, visit: Visit) -> None:
    def page(*permissions: str) -> str:
        return str(visit(app, *permissions).get("/admin/").text)

    assert "+25 %" in page("customer.view")
    assert ("By customer" in page("order.view"), "By customer" in page("customer.view")) == (True, False)
    assert "/admin/tile/by-customer/" in page("*")


def test_a_tile_is_a_piece_for_the_script_and_a_page_for_everybody_else(app: Flask, visit: Visit) -> None:
    client = visit(app, "*").client

    piece, page = (
        client.get("/admin/tile/by-customer/", headers=PIECE).text,
        client.get("/admin/tile/by-customer/").text,
    )

    assert ("<html" in piece, "<html" in page) == (False, True)
    for one in (piece, page):
        assert "dm-chart-bar" in one
        assert "<td>1</td>" in one
    assert "Ada &amp; Co" in client.get("/admin/tile/customers/", headers=PIECE).text


@pytest.mark.parametrize(
    ("address", "status"), [("/admin/tile/by-customer/", 404), ("/admin/tile/nothing/", 404), ("/admin/system/", 403)]
)
def test_a_tile_that_is_not_for_somebody_is_none(app: Flask, visit: Visit, address: str, status: int) -> None:
    assert visit(app, "customer.view").get(address).status_code == status
    assert visit(app).get(address).status_code == 302


def test_a_broken_tile_says_so_and_the_rest_is_there(
    app: Flask, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    board = app.extensions["demijohn.admin"]

    def broken() -> Any:
        return db.session.execute(sa.text("SELECT nonsense FROM nowhere"))

    board.number("Broken number")(broken)
    board.chart("Broken chart")(broken)
    visitor = visit(app, "*")

    page = visitor.get("/admin/")

    assert (page.status_code, "+25 %" in page.text) == (200, True)
    assert page.text.count("The log says why.") == 1
    assert "The log says why." in visitor.client.get("/admin/tile/broken-chart/", headers=PIECE).text
    assert "Broken number" in caplog.text
    assert "nonsense" not in page.text


def test_a_tile_without_an_end_is_broken_off(app: Flask, visit: Visit) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    app.extensions["demijohn.admin"].chart("Endless")(lambda: db.session.execute(sa.text(endless)))

    piece = visit(app, "*").client.get("/admin/tile/endless/", headers=PIECE).text

    assert "This took too long." in piece


def test_records_of_the_last_days_are_a_line_beside_their_number(app: Flask, visit: Visit) -> None:
    page = visit(app, "order.view").get("/admin/").text

    assert "1 in the last 30 days" in page


def test_models_and_their_lines_take_one_statement_each(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    boss.get("/admin/")

    with statements(app) as seen:
        boss.get("/admin/")

    assert len([sql for sql in seen if "count" in sql and "GROUP BY" in sql]) == 1
    assert len([sql for sql in seen if "count" in sql and "LIMIT" in sql]) == 1


def test_superusers_see_how_the_application_is(app: Flask, visit: Visit) -> None:
    client = visit(app, "*").client

    piece = client.get("/admin/system/", headers=PIECE).text

    assert "Database" in piece
    assert "0 waiting, 0 given up" in piece
    assert "Background work" in client.get("/admin/system/").text


def test_the_systems_lines_come_as_a_piece_and_as_a_page(make_admin: MakeAdmin, visit: Visit) -> None:
    boss = visit(make_admin(), "*")

    piece = boss.client.get("/admin/system/", headers=PIECE).text

    assert "<h1>" not in piece
    assert "Migrations" in piece
    assert "<h1>System</h1>" in boss.get("/admin/system/").text


def test_tiles_of_one_label_have_addresses_of_their_own(app: Flask, visit: Visit) -> None:
    app.extensions["demijohn.admin"].table("By customer")(lambda: [{"Name": "the other one"}])
    client = visit(app, "*").client

    assert "the other one" in client.get("/admin/tile/by-customer-2/").text
    assert "the other one" not in client.get("/admin/tile/by-customer/").text
