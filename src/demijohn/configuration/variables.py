"""From names to fields: arguments and variables become values of settings."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, get_args

from pydantic import BaseModel

from demijohn.configuration.faults import Fault, Origin
from demijohn.configuration.fields import (
    PLATFORM,
    Kind,
    NamesIn,
    Setting,
    alternatives,
    expected,
    kind_of,
    named_sections_of,
    named_type,
    section_type,
    sections_of,
    settings_of,
    variable_name,
)
from demijohn.configuration.sources import Found
from demijohn.configuration.unknown import is_somebody_elses, refusal


class Notes(Protocol):
    """What reading writes to."""

    settings: dict[str, Setting]
    faults: list[Fault]
    unknown: dict[str, str]

    def say(self, keys: tuple[str, ...], value: Any, origin: Origin) -> None: ...


def arguments_of(
    model: type[BaseModel], arguments: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys and value of every argument, sections and mappings taken apart so that each field is said on its own.

    A section given as an instance says only the fields that were set on it.
    """
    for name, value in arguments.items():
        field = model.model_fields.get(name)
        section = section_type(field.annotation) if field else None
        named = named_type(field.annotation) if field else None
        given = value.model_dump(exclude_unset=True) if section and isinstance(value, BaseModel) else value
        keys = (*above, name)
        if section and isinstance(given, Mapping):
            yield from arguments_of(section, given, keys)
        elif named and isinstance(given, Mapping):
            for key, one in given.items():
                said = one.model_dump(exclude_unset=True) if isinstance(one, BaseModel) else one
                yield from arguments_of(named, said, (*keys, str(key)))
        elif field and kind_of(field.annotation) == "mapping" and isinstance(given, Mapping) and given:
            yield from (((*keys, str(key)), one) for key, one in given.items())
        else:
            yield keys, given


def names_said(model: type[BaseModel], arguments: Iterable[str], sources: Sequence[Mapping[str, Found]]) -> NamesIn:
    """Which names the project gave to the sections of each field that holds named ones, in the order first said.

    Args:
        arguments: the paths of what was passed as arguments.
        sources: the variables, strongest first.
    """
    holders = [path for path, _ in named_sections_of(model)]
    names: dict[str, dict[str, None]] = {path: {} for path in holders}
    for path in holders:
        for said in arguments:
            if said.startswith(f"{path}."):
                names[path][said.removeprefix(f"{path}.").partition(".")[0]] = None
        head = f"{variable_name(path)}__"
        for source in sources:
            for variable, found in source.items():
                if variable.startswith(head) and found.value:
                    names[path][variable.removeprefix(head).partition("__")[0].lower()] = None
    return lambda path: names[path]


def read_variables(model: type[BaseModel], notes: Notes, sources: Sequence[Mapping[str, Found]]) -> None:
    """Note what each variable says; strongest source first."""
    names = {name: setting for setting in notes.settings.values() for name in names_of(setting)}
    sections = sections_named(model, notes)
    known = [*names, *(one.variable for one in settings_of(model) if one.path not in notes.settings)]
    first: dict[str, tuple[str, Found]] = {}
    for source in sources:
        for name, found in source.items():
            if not found.value:
                continue  # empty is the same as not set, as compose files and CI pass it
            setting = names.get(name) or mapping_of(name, notes.settings)
            if setting is not None:
                refuse_second_name(notes, setting, first, name, found)
                note_value(notes, setting, name, found)
            elif name.startswith("FLASK_"):
                note_unknown(notes, name, found, known, sections)


def sections_named(model: type[BaseModel], notes: Notes) -> dict[str, object]:
    """The sections as variables name them, those of the project's own names and the fields that hold them included."""
    holders = dict(named_sections_of(model))
    found: dict[str, object] = {**dict(sections_of(model)), **holders}
    for path in notes.settings:
        if (section := path.rpartition(".")[0]).rpartition(".")[0] in holders:
            found[section] = holders[section.rpartition(".")[0]]
    return {path.replace(".", "__").upper(): section for path, section in found.items()}


def names_of(setting: Setting) -> list[str]:
    platform = setting.platform_name
    return [setting.variable, platform] if platform else [setting.variable]


def mapping_of(name: str, settings: Mapping[str, Setting]) -> Setting | None:
    """The mapping that `FLASK_CONFIG__ANY_KEY` or `FLASK_SECURITY__CSP__SCRIPT_SRC` adds one key to."""
    owners = (one for one in settings.values() if name.startswith(f"{one.variable}__") and one.kind == "mapping")
    return next(owners, None)


def refuse_second_name(
    notes: Notes, setting: Setting, first: dict[str, tuple[str, Found]], name: str, found: Found
) -> None:
    """Two names of one field must say the same."""
    if name not in names_of(setting):
        return
    other_name, other = first.setdefault(setting.path, (name, found))
    if other_name != name and other.value != found.value:
        problem = f"{other_name} ({other.where}) and {name} ({found.where}) are one setting with two values."
        notes.faults.append(Fault(problem, f"remove {name if other_name in PLATFORM else other_name}"))


def note_value(notes: Notes, setting: Setting, name: str, found: Found) -> None:
    origin = Origin(name, found.where)
    keys = tuple(setting.path.split("."))
    of_mapping = setting.kind == "mapping"
    try:
        if of_mapping and name not in names_of(setting):
            key = key_of(setting, name)
            notes.say((*keys, key), parsed(item_kind(setting), found.value), origin)
            return
        value = parsed(setting.kind, found.value)
    except ValueError as error:
        notes.faults.append(Fault(f"{origin}: {error}.", f"{name}=<{expected(setting.field)}>"))
        return
    if of_mapping and value:
        for key, one in value.items():
            notes.say((*keys, str(key)), one, origin)
    else:
        notes.say(keys, value, origin)


def key_of(setting: Setting, name: str) -> str:
    """`FLASK_CONFIG__ANY_KEY` keeps its case, because `app.config` keys are upper-case; other keys are lower-case."""
    key = name.removeprefix(f"{setting.variable}__")
    return key if setting.path == "config" else key.lower()


def item_kind(setting: Setting) -> Kind:
    mapping = alternatives(setting.field.annotation)[0]
    return kind_of((*get_args(mapping), Any)[1])


def parsed(kind: Kind, text: str) -> Any:
    """The value a variable's text stands for, before validation.

    Raises:
        ValueError: it should be JSON and is not; the message never quotes the text.
    """
    if kind == "list":
        return (
            from_json(text, list) if text.startswith("[") else [one.strip() for one in text.split(",") if one.strip()]
        )
    if kind == "mapping":
        return from_json(text, dict)
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def from_json(text: str, wanted: type) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON (column {error.colno})") from None
    if not isinstance(value, wanted):
        raise ValueError(f"is not a JSON {'object' if wanted is dict else 'array'}")  # noqa: TRY004 - of text, not type
    return value


def note_unknown(notes: Notes, name: str, found: Found, known: Iterable[str], sections: Mapping[str, object]) -> None:
    """Refuse a name that is a mistake; remember one that is only odd."""
    if is_somebody_elses(name):
        return
    fault = refusal(name, found.where, known, sections)
    if fault is None or is_somebody_elses(name, installed_commands()):
        notes.unknown[name] = found.where
    elif fault not in notes.faults:
        notes.faults.append(fault)


def installed_commands() -> list[str]:
    """The commands that installed packages add to `flask`; only asked when a name is about to be refused."""
    from importlib.metadata import entry_points

    return [entry.name for entry in entry_points(group="flask.commands")]
