"""Related records inside a form: of every kind of relation, a page of them, and nobody's change lost."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from railway import Amenity, Clock, Facility, Station, Sticker, Trip
from setup_faults import Mending
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, form_values
from tests.admin.test_lists import statements

from demijohn import db
from demijohn.admin import ModelView

EDIT = "/admin/rail_station/edit/?id=1"


class StationView(ModelView):
    model = Station
    inline_models = (
        (Trip, {"form_columns": ("code", "seats"), "fk_name": "origin"}),
        Clock,
        (Sticker, {"form_columns": ("text",)}),
        (Amenity, {"form_columns": ("facility", "note")}),
    )


@pytest.fixture
def railway(make_admin: MakeAdmin, database_url: str) -> Flask:
    return with_stations(make_admin("railway", admin_views=[StationView], database={"url": database_url}))


@pytest.fixture
def plain(make_admin: MakeAdmin) -> Flask:
    return with_stations(make_admin("railway", admin_views=[StationView]))


def with_stations(app: Flask) -> Flask:
    add(app, Station(name="Bergen"), Station(name="Oslo"), Facility(name="Lockers"), Facility(name="Café"))
    return app


def stored(app: Flask, statement: str) -> list[tuple[Any, ...]]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(sa.text(statement))]


def trips(app: Flask) -> list[tuple[Any, ...]]:
    return stored(app, "select code, seats, origin_id from rail_trip order by id")


def row(page: str, name: str, number: int = 0) -> dict[str, str]:
    """The hidden and visible inputs of one row."""
    return {key: value for key, value in form_values(page).items() if key.startswith(f"{name}-{number}-")}


def test_rows_are_added_changed_and_deleted_under_their_own_foreign_key(railway: Flask, visit: Visit) -> None:
    clerk = visit(railway, "*")

    added = clerk.submit(EDIT, **{"departures-0-code": "R10", "departures-0-seats": "8", "departures-1-code": "R11"})
    page = clerk.get(EDIT).text
    changed = clerk.submit(EDIT, **{"departures-0-seats": "9", "del-departures-1": "y"})

    assert (added.status_code, changed.status_code) == (302, 302)
    assert row(page, "departures", 1)["departures-1-code"] == "R11"
    assert "arrivals-" not in page
    assert trips(railway) == [("R10", 9, 1)]


def test_a_model_with_two_ways_to_the_parent_has_a_list_for_each(make_admin: MakeAdmin, visit: Visit) -> None:
    view = type("Both", (ModelView,), {"model": Station, "inline_models": ((Trip, {"form_columns": ("code",)}),)})
    app = with_stations(make_admin("railway", admin_views=[view]))
    add(app, Trip(code="OUT", origin_id=1, destination_id=2), Trip(code="IN", origin_id=2, destination_id=1))
    clerk = visit(app, "*")

    shown = form_values(clerk.get(EDIT).text)
    clerk.submit(EDIT, **{"departures-1-code": "OUT2"})

    assert (shown["departures-0-code"], shown["arrivals-0-code"]) == ("OUT", "IN")
    assert stored(app, "select code, origin_id, destination_id from rail_trip where code = 'OUT2'") == [
        ("OUT2", 1, None)
    ]


def test_a_one_to_one_relation_takes_one_record(railway: Flask, visit: Visit) -> None:
    clerk = visit(railway, "*")

    made = clerk.submit(EDIT, **{"clock-0-maker": "Omega"})
    second = clerk.submit(EDIT, **{"clock-1-maker": "Zenith"})
    changed = clerk.submit(EDIT, **{"clock-0-maker": "Longines"})

    assert [answer.status_code for answer in (made, second, changed)] == [302, 422, 302]
    assert stored(railway, "select maker, station_id from rail_clock") == [("Longines", 1)]
    assert clerk.submit(EDIT, **{"del-clock-0": "y"}).status_code == 302
    assert stored(railway, "select maker from rail_clock") == []


def test_a_record_of_a_many_to_many_relation_is_unlinked_and_not_deleted(railway: Flask, visit: Visit) -> None:
    clerk = visit(railway, "*")

    clerk.submit(EDIT, **{"stickers-0-text": "listed"})
    linked = stored(railway, "select station_id, sticker_id from rail_station_sticker")
    clerk.submit(EDIT, **{"del-stickers-0": "y"})

    assert linked == [(1, 1)]
    assert stored(railway, "select station_id from rail_station_sticker") == []
    assert stored(railway, "select text from rail_sticker") == [("listed",)]


def test_rows_keyed_by_two_columns_choose_their_record_by_look_up(railway: Flask, visit: Visit) -> None:
    clerk = visit(railway, "*")

    made = clerk.submit(EDIT, **{"amenities-0-facility": "2", "amenities-0-note": "ground floor"})
    changed = clerk.submit(EDIT, **{"amenities-0-note": "first floor"})

    assert (made.status_code, changed.status_code) == (302, 302)
    assert stored(railway, "select station_id, facility_id, note from rail_amenity") == [(1, 2, "first floor")]
    clerk.submit(EDIT, **{"del-amenities-0": "y"})
    assert stored(railway, "select note from rail_amenity") == []


def test_a_row_carries_no_list_of_the_records_it_may_choose(plain: Flask, visit: Visit) -> None:
    add(plain, *(Facility(name=f"Kiosk {number}") for number in range(300)), Amenity(station_id=1, facility_id=1))
    clerk = visit(plain, "*")

    page = clerk.get(EDIT).text
    found = clerk.get("/admin/rail_station/ajax/lookup/?name=amenity-facility&query=Kiosk+29").json

    assert "Kiosk" not in page
    assert "Lockers" in page
    assert ["32", "Kiosk 29"] in (found or [])


def test_a_page_of_many_rows_is_shown_and_saved_without_the_others(railway: Flask, visit: Visit) -> None:
    add(railway, *(Trip(code=f"T{number:03}", origin_id=1) for number in range(130)))
    clerk = visit(railway, "*")

    first, last = clerk.get(EDIT).text, clerk.get(f"{EDIT}&page-departures=6").text
    saved = clerk.submit(f"{EDIT}&page-departures=6", **{"departures-4-seats": "7", "del-departures-0": "y"})

    assert len(re.findall(r'name="departures-\d+-code"', first)) == 25
    assert re.findall(r'name="departures-\d+-code"[^>]*value="(\w+)"', last) == [f"T{n}" for n in range(125, 130)]
    assert "page-departures=2" in first
    assert saved.status_code == 302
    assert [trip for trip in trips(railway) if trip[1] != 40] == [("T129", 7, 1)]
    assert len(trips(railway)) == 129


def test_no_argument_of_the_address_leads_the_pages_of_rows_elsewhere(plain: Flask, visit: Visit) -> None:
    add(plain, *(Trip(code=f"T{number:03}", origin_id=1) for number in range(30)))

    page = visit(plain, "*").get(f"{EDIT}&_scheme=javascript&_external=1&endpoint=x&_anchor=y").text

    links = re.findall(r'href="([^"]*page-departures=\d+[^"]*)"', page)
    assert links
    assert all(link.startswith("/admin/rail_station/edit/?") for link in links)


def test_more_rows_cost_no_more_statements(plain: Flask, visit: Visit) -> None:
    add(plain, *(Facility(name=f"Kiosk {number}") for number in range(40)))
    clerk, counts = visit(plain, "*"), []
    for number in (3, 20):
        add(plain, *(Amenity(station_id=1, facility_id=n + 1) for n in range(number - 3 and 3, number)))
        clerk.get(EDIT)
        with statements(plain) as seen:
            clerk.get(EDIT)
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_the_second_of_two_people_at_one_row_gets_both_versions(railway: Flask, visit: Visit) -> None:
    add(railway, Trip(code="R10", origin_id=1), Trip(code="R11", origin_id=1))
    ada, ben = visit(railway, "*"), visit(railway, "*")
    shown = form_values(ben.get(EDIT).text)
    ada.submit(EDIT, **{"departures-0-seats": "50"})

    conflict = ben.send(EDIT, {**shown, "departures-0-code": "R99", "departures-1-seats": "3"})

    assert conflict.status_code == 409
    assert trips(railway) == [("R10", 50, 1), ("R11", 40, 1)]
    chosen = dict(re.findall(r'name="(take-[\w-]+)" value="(\w+)"[^>]*checked', conflict.text))
    assert chosen == {"take-departures-0-code": "mine", "take-departures-0-seats": "saved"}
    assert ben.send(EDIT, {**form_values(conflict.text), **chosen}).status_code == 302
    assert trips(railway) == [("R99", 50, 1), ("R11", 3, 1)]


def test_a_row_that_was_deleted_meanwhile_is_told_and_not_lost_in_silence(railway: Flask, visit: Visit) -> None:
    add(railway, Trip(code="R10", origin_id=1), Trip(code="R11", origin_id=1))
    ada, ben = visit(railway, "*"), visit(railway, "*")
    shown = form_values(ben.get(EDIT).text)
    ada.submit(EDIT, **{"del-departures-0": "y"})

    conflict = ben.send(EDIT, {**shown, "departures-0-code": "R99", "departures-1-seats": "3"})

    assert conflict.status_code == 409
    assert "deleted meanwhile" in conflict.text
    assert "R99, 40" in conflict.text
    assert ben.send(EDIT, form_values(conflict.text)).status_code == 302
    assert trips(railway) == [("R11", 3, 1)]


def test_a_row_that_somebody_added_meanwhile_is_no_conflict(railway: Flask, visit: Visit) -> None:
    ada, ben = visit(railway, "*"), visit(railway, "*")
    shown = form_values(ben.get(EDIT).text)
    ada.submit(EDIT, **{"departures-0-code": "R10"})

    assert ben.send(EDIT, {**shown, "departures-0-code": "R11"}).status_code == 302
    assert trips(railway) == [("R10", 40, 1), ("R11", 40, 1)]


@pytest.mark.parametrize("digest", ["", "x", "0" * 64, "ü"], ids=["none", "short", "forged", "odd"])
def test_a_row_without_its_digest_is_not_written(plain: Flask, visit: Visit, digest: str) -> None:
    add(plain, Trip(code="R10", origin_id=1))

    answer = visit(plain, "*").submit(EDIT, **{"departures-0-row_digest": digest, "departures-0-seats": "1"})

    assert answer.status_code == 409
    assert trips(plain) == [("R10", 40, 1)]


@pytest.mark.parametrize("key", ["2", "99", "x", "1,2", "\x00"])
def test_a_row_of_another_record_is_neither_written_nor_deleted(plain: Flask, visit: Visit, key: str) -> None:
    add(plain, Trip(code="R10", origin_id=1), Trip(code="FOREIGN", origin_id=2))
    clerk = visit(plain, "*")

    taken = clerk.submit(EDIT, **{"departures-1-row_key": key, "departures-1-code": "MINE"})
    gone = clerk.submit(EDIT, **{"departures-1-row_key": key, "departures-1-code": "x", "del-departures-1": "y"})

    assert (taken.status_code, gone.status_code) == (422, 422)
    assert trips(plain) == [("R10", 40, 1), ("FOREIGN", 40, 2)]


def test_a_new_row_that_nobody_filled_in_is_ignored(plain: Flask, visit: Visit) -> None:
    clerk = visit(plain, "*")

    blank = clerk.submit(EDIT, **{"departures-0-code": "", "departures-0-seats": "40"})
    begun = clerk.submit(EDIT, **{"departures-0-code": "", "departures-0-seats": "7"})

    assert (blank.status_code, begun.status_code) == (302, 422)
    assert trips(plain) == []


def test_what_is_wrong_in_a_row_is_said_in_the_summary_and_at_its_cell(plain: Flask, visit: Visit) -> None:
    page = visit(plain, "*").submit(EDIT, **{"departures-0-code": "R10", "departures-0-seats": "many"}).text

    assert '<a href="#departures-0-seats">Departures 1, Seats</a>: Not a valid integer value.' in page
    assert "This number does not fit." not in page
    assert 'id="departures-0-seats-help"' in page
    assert "many" in page


@pytest.mark.parametrize(
    ("right", "sent"),
    [
        ("create", {"departures-1-code": "NEW"}),
        ("delete", {"del-departures-0": "y"}),
    ],
)
def test_each_thing_done_to_a_row_asks_for_its_own_permission(
    plain: Flask, visit: Visit, right: str, sent: dict[str, str]
) -> None:
    add(plain, Trip(code="R10", origin_id=1))
    rights = ("rail_station.view", "rail_station.edit", "rail_trip.view", "rail_trip.edit")

    refused = visit(plain, *rights).submit(EDIT, **sent)
    before = trips(plain)
    allowed = visit(plain, *rights, f"rail_trip.{right}").submit(EDIT, **sent)

    assert (refused.status_code, allowed.status_code) == (422, 302)
    assert before == [("R10", 40, 1)] != trips(plain)


def limited(make_admin: MakeAdmin, **options: Any) -> Flask:
    inline = (Trip, {"form_columns": ("code", "seats"), "fk_name": "origin_id", **options})
    view = type("Limited", (ModelView,), {"model": Station, "inline_models": (inline,)})
    return with_stations(make_admin("railway", admin_views=[view]))


def test_a_limit_of_rows_holds_with_those_that_are_not_shown(make_admin: MakeAdmin, visit: Visit) -> None:
    app = limited(make_admin, max_rows=3, page_size=2)
    add(app, *(Trip(code=f"R{number}", origin_id=1) for number in range(3)))
    clerk = visit(app, "*")

    more = clerk.submit(EDIT, **{"departures-2-code": "NEW"})
    instead = clerk.submit(EDIT, **{"departures-2-code": "NEW", "del-departures-0": "y"})

    assert (more.status_code, instead.status_code) == (422, 302)
    assert "At most 3 of these." in more.text
    assert [code for code, *_ in trips(app)] == ["R1", "R2", "NEW"]


def test_rows_stand_stacked_or_in_a_table_as_told_with_empty_ones_to_fill(make_admin: MakeAdmin, visit: Visit) -> None:
    table = visit(limited(make_admin), "*").get(EDIT).text
    stacked = visit(limited(make_admin, layout="stacked", extra=2), "*").get(EDIT).text

    assert "dm-inline-table" in table
    assert "dm-inline-table" not in stacked
    assert len(re.findall(r'name="departures-\d+-code"', stacked)) == 2


def test_rows_can_be_closed_to_additions_and_deletions(make_admin: MakeAdmin, visit: Visit) -> None:
    app = limited(make_admin, can_create=False, can_delete=False)
    add(app, Trip(code="R10", origin_id=1))
    clerk = visit(app, "*")

    page = clerk.get(EDIT).text
    added = clerk.submit(EDIT, **{"departures-1-code": "NEW"})
    deleted = clerk.submit(EDIT, **{"del-departures-0": "y"})

    assert "data-dm-add-inline" not in page
    assert "del-departures-0" not in page
    assert (added.status_code, deleted.status_code) == (422, 422)
    assert trips(app) == [("R10", 40, 1)]


def test_rows_keep_the_order_that_a_column_holds(make_admin: MakeAdmin, visit: Visit) -> None:
    app = limited(make_admin, form_columns=("code", "place"), order_by="place")
    add(app, *(Trip(code=code, place=place, origin_id=1) for code, place in (("B", 2), ("A", 1), ("C", 3))))

    page = visit(app, "*").get(EDIT).text

    assert re.findall(r'name="departures-\d+-code"[^>]*value="(\w+)"', page) == ["A", "B", "C"]


def test_a_new_record_takes_its_rows_along(railway: Flask, visit: Visit) -> None:
    answer = visit(railway, "*").submit(
        "/admin/rail_station/new/", name="Voss", **{"departures-0-code": "V1", "clock-0-maker": "Omega"}
    )

    assert answer.status_code == 302
    assert trips(railway) == [("V1", 40, 3)]
    assert stored(railway, "select maker, station_id from rail_clock") == [("Omega", 3)]


def sent_to(visitor: Visitor, **fields: str) -> int:
    return visitor.submit(EDIT, **fields).status_code


def test_the_history_tells_what_was_done_to_a_row(plain: Flask, visit: Visit) -> None:
    from demijohn.audit.log import history

    clerk = visit(plain, "*")
    done = [sent_to(clerk, **{"departures-0-code": "R10"}), sent_to(clerk, **{"departures-0-seats": "9"})]

    with plain.app_context():
        found = db.session.scalars(history("rail_trip", 1)).all()
        changes = [(entry.action, entry.changes.get("seats")) for entry in found]
    assert done == [302, 302]
    assert changes == [("update", [40, 9]), ("create", [None, 40])]


@pytest.mark.mends("admin/inlines/options.py:options_of")
def test_a_layout_that_there_is_not(mending: Mending, make_admin: MakeAdmin) -> None:
    fix = mending.refused(lambda: limited(make_admin, layout="grid")).fix

    assert 'layout="table" or layout="stacked"' in fix
    mending.started(lambda: limited(make_admin, layout="stacked"))


@pytest.mark.mends("admin/inlines/converting.py:_calculate_mapping_key_pair")
def test_records_that_are_not_related(mending: Mending, make_admin: MakeAdmin) -> None:
    def with_inline(model: type) -> Flask:
        view = type("Loose", (ModelView,), {"model": Station, "inline_models": (model,)})
        return make_admin("railway", admin_views=[view])

    fix = mending.refused(lambda: with_inline(Facility)).fix

    assert "back_populates" in fix
    mending.started(lambda: with_inline(Clock))
