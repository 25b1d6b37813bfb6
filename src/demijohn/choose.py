"""From features to batteries: names resolved, needs met, order found, conflicts refused."""

import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demijohn.battery import Battery
from demijohn.catalogue import BUNDLED, NEEDS
from demijohn.errors import SetupError
from demijohn.section import Section
from demijohn.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The batteries that are on, in starting order, their settings, and why each is on or off."""

    batteries: tuple[Battery[Any], ...]
    sections: Mapping[str, Section]
    reasons: Mapping[str, str]


def choose(settings: Settings, passed: Sequence[Battery[Any]] = ()) -> Chosen:
    """The batteries these settings ask for.

    Args:
        settings: the features say which bundled batteries are on.
        passed: batteries of the project or of third parties; passing one switches it on.

    Raises:
        SetupError: a need is off, two share a name, or their order goes in a circle.
    """
    on, reasons = bundled_on(settings)
    batteries = [load(name) for name in on]
    for battery in passed:
        refuse_same_name(battery, batteries)
        batteries.append(battery)
        reasons[battery.name] = "on: passed to create_app"
    refuse_unmet_needs(batteries, reasons)
    ordered = in_starting_order(batteries)
    sections = {battery.name: section_of(settings, battery) for battery in ordered}
    return Chosen(batteries=ordered, sections=sections, reasons=reasons)


def bundled_on(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Names of the bundled batteries that are on, and the reason for every one."""
    on: list[str] = []
    reasons: dict[str, str] = {}
    for name in BUNDLED:
        said = settings.origin(f"features.{name}") if settings.is_explicit(f"features.{name}") else None
        missing = next((need for need in NEEDS.get(name, ()) if need not in on), None)
        if not getattr(settings.features, name):
            reasons[name] = f"off by {said or 'default'}"
        elif missing is None:
            on.append(name)
            reasons[name] = f"on by {said or 'default'}"
        elif said is None:
            root = root_of(missing, reasons)
            reasons[name] = f"off: needs {missing}, {root}"
        else:
            raise SetupError(
                f"{name!r} needs {missing!r}, which is not enabled ({reasons[missing]}).",
                fix=f"set {switches(NEEDS[name], on)}, or FLASK_FEATURES__{name.upper()}=false.",
            )
    return on, reasons


def root_of(missing: str, reasons: Mapping[str, str]) -> str:
    """Why a needed battery is off, without repeating the chain: `off by FLASK_FEATURES__DATABASE`."""
    reason = reasons[missing]
    return reason.rpartition(", ")[2] if reason.startswith("off: ") else reason


def switches(needs: Iterable[str], on: Collection[str]) -> str:
    """The variables that switch on these bundled batteries, and what they need, as far as it is off."""
    return " ".join(f"FLASK_FEATURES__{name.upper()}=true" for name in dict.fromkeys(closure(needs, on)))


def closure(needs: Iterable[str], on: Collection[str]) -> Iterator[str]:
    """The needs that are off, each after those of its own."""
    for need in needs:
        if need not in on:
            yield from closure(NEEDS.get(need, ()), on)
            yield need


def load(name: str) -> Battery[Any]:
    battery: Battery[Any] = importlib.import_module(BUNDLED[name]).battery
    return battery


def section_of(settings: Settings, battery: Battery[Any]) -> Section:
    """The battery's settings: the field of its name, else its defaults."""
    section = getattr(settings, battery.name, None)
    if isinstance(section, Section) and isinstance(section, battery.section):
        return section
    made: Section = battery.section()
    return made


def refuse_same_name(battery: Battery[Any], others: Iterable[Battery[Any]]) -> None:
    twin = next((other for other in others if other.name == battery.name), None)
    if battery.name in BUNDLED or twin is not None:
        raise SetupError(
            f"two batteries are named {battery.name!r}: {where(twin)} and {where(battery)}.",
            fix=f"give the second another name, as in Battery(name='my_{battery.name}', ...).",
        )


def where(battery: Battery[Any] | None) -> str:
    return "a bundled one" if battery is None else f"{battery.init.__module__}.{battery.init.__qualname__}"


def refuse_unmet_needs(batteries: Sequence[Battery[Any]], reasons: Mapping[str, str]) -> None:
    names = {battery.name for battery in batteries}
    for battery in batteries:
        for need in battery.needs:
            if need not in names:
                why = reasons.get(need, "not installed or not passed")
                raise SetupError(
                    f"{battery.name!r} needs {need!r}, which is not enabled ({why}).",
                    fix=f"set {switches([need], names)}."
                    if need in BUNDLED
                    else f"pass it too: create_app(__name__, batteries=[{need}, {battery.name}]).",
                )


def in_starting_order(batteries: Sequence[Battery[Any]]) -> tuple[Battery[Any], ...]:
    """Every battery after what it needs and what it names in `after`; otherwise in the order given."""
    by_name = {battery.name: battery for battery in batteries}
    ordered: dict[str, Battery[Any]] = {}

    def place(battery: Battery[Any], waiting: tuple[str, ...]) -> None:
        if battery.name in waiting:
            circle = " -> ".join((*waiting[waiting.index(battery.name) :], battery.name))
            raise SetupError(
                f"batteries wait for each other: {circle}.",
                fix="remove one of these names from `needs` or `after`.",
            )
        for name in (*battery.needs, *battery.after):
            if name in by_name and name not in ordered:
                place(by_name[name], (*waiting, battery.name))
        ordered.setdefault(battery.name, battery)

    for battery in batteries:
        place(battery, ())
    return tuple(ordered.values())
