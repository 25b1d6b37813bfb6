"""Which batteries are on, in which order, and why."""

import pytest
from flask import Flask

from demijohn import Battery, Settings, SetupError
from demijohn.catalogue import BUNDLED, NEEDS
from demijohn.choose import choose, load
from demijohn.section import Section

KEY = "k" * 20 + "abcdefghijklmnop"


def settings(**features: bool) -> Settings:
    return Settings(environment="testing", secret_key=KEY, features=features)


def nothing(app: Flask, section: Section) -> None: ...


def own(name: str, **options: tuple[str, ...]) -> Battery[Section]:
    return Battery(name=name, section=Section, init=nothing, **options)


def test_the_needs_in_the_catalogue_are_the_needs_the_batteries_declare() -> None:
    assert {name: load(name).needs for name in BUNDLED if load(name).needs} == NEEDS


def test_batteries_start_in_reading_order_when_nothing_says_otherwise() -> None:
    assert [battery.name for battery in choose(settings()).batteries] == list(BUNDLED)


def test_a_default_battery_goes_off_with_what_it_needs_and_says_why() -> None:
    chosen = choose(settings(database=False))

    assert "admin" not in {battery.name for battery in chosen.batteries}
    assert chosen.reasons["audit"].startswith("off: needs database, off by ")


def test_asking_for_a_battery_whose_need_is_switched_off_is_refused_with_both_ways_out() -> None:
    with pytest.raises(SetupError) as caught:
        choose(settings(database=False, admin=True))

    assert "FLASK_FEATURES__ADMIN=false" in caught.value.fix


def test_two_batteries_of_one_name_are_refused_naming_both() -> None:
    with pytest.raises(SetupError, match=r"two batteries are named 'stock'.*nothing.*nothing"):
        choose(settings(), [own("stock"), own("stock")])


def test_a_circle_of_needs_is_refused_and_drawn() -> None:
    with pytest.raises(SetupError, match="one -> two -> one"):
        choose(settings(), [own("one", needs=("two",)), own("two", needs=("one",))])


def test_a_passed_battery_starts_after_what_it_names() -> None:
    chosen = choose(settings(), [own("late", after=("early",)), own("early")])

    assert [battery.name for battery in chosen.batteries][-2:] == ["early", "late"]
