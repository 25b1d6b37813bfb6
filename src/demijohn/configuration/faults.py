"""Fault: one thing wrong with the settings, on one line: variable, source, problem, fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from demijohn.configuration.fields import Setting, expected, variable_name


@dataclass(frozen=True)
class Origin:
    """Who said a value: the name it was said under, and where (`environment`, `.env:4`, a file, `argument`)."""

    name: str
    where: str

    def __str__(self) -> str:
        return self.where if self.where in {"argument", "default"} else f"{self.name} ({self.where})"


@dataclass(frozen=True)
class Fault:
    """What is wrong, starting with who said it; and what to type."""

    problem: str
    fix: str


def explain(
    error: ValidationError, settings: Mapping[str, Setting], origins: Mapping[str, Origin], raw: Mapping[str, Any]
) -> list[Fault]:
    """Pydantic's findings in our words, without any value.

    Args:
        error: what pydantic found.
        settings: path -> setting.
        origins: path -> who said the value.
        raw: path -> the value as it was given; only used to keep secrets out of the text.
    """
    faults: list[Fault] = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        path = path_of(found["loc"], settings)
        setting = settings.get(path)
        origin = origins.get(path) or inner_origin(path, origins) or Origin(variable_name(path), "default")
        if setting is None and found["type"] == "extra_forbidden":
            faults.append(unknown_argument(path, settings))
        elif found["type"] == "missing" and (required := required_at(path, settings)):
            for one in required:
                said = Origin(one.usual_name, "default")
                faults.append(Fault(f"{one.usual_name} is not set.", f"set it: {example(one, said)}"))
        elif setting is None:
            faults.append(whole_section(path, found))
        else:
            told = words_of(found["msg"], raw.get(path), is_secret=setting.is_secret)
            faults.append(Fault(f"{subject(path, origin)}: {told}.", example(setting, origin)))
    return list(dict.fromkeys(faults))


def required_at(path: str, settings: Mapping[str, Setting]) -> list[Setting]:
    """The settings that must be given: this one, or those inside a section that nobody said anything of."""
    inside = [one for name, one in settings.items() if name == path or name.startswith(f"{path}.")]
    return [one for one in inside if one.field.is_required()]


def whole_section(path: str, found: Mapping[str, Any]) -> Fault:
    """What is wrong with a section, not with one of its fields."""
    problem = f"{path or 'settings'} (argument): {words_of(found['msg'], None, is_secret=False)}."
    if found["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        return Fault(problem, f"pass its fields: {path}={{'<field>': <value>}}; `flask settings` lists them.")
    return Fault(problem, "correct what it names; `flask settings` lists every name.")


def faulty_paths(error: ValidationError, settings: Mapping[str, Setting]) -> set[str]:
    """The settings that pydantic refused."""
    return {path_of(found["loc"], settings) for found in error.errors(include_url=False, include_input=False)}


def inner_origin(path: str, origins: Mapping[str, Origin]) -> Origin | None:
    """Who said something inside a mapping."""
    return next((origin for key, origin in origins.items() if key.startswith(f"{path}.")), None)


def path_of(location: Sequence[Any], settings: Mapping[str, Setting]) -> str:
    """The setting a pydantic location lies in; the whole location if it is in none."""
    parts = [str(part) for part in location]
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in settings:
            return ".".join(parts[:length])
    return ".".join(parts)


def subject(path: str, origin: Origin) -> str:
    return f"{path} (argument)" if origin.where == "argument" else str(Origin(origin.name, origin.where))


def example(setting: Setting, origin: Origin) -> str:
    """What to type for a setting, in the way it was said."""
    if origin.where == "argument":
        return f"pass {setting.path} as {expected(setting.field)}"
    name = origin.name if origin.where != "default" else setting.usual_name
    return f"{name}=<{expected(setting.field)}>"


def words_of(message: str, raw: Any, *, is_secret: bool) -> str:
    """A validator's message as the end of a sentence; replaced if it quotes a secret."""
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if is_secret and any(part in text for part in fragments(raw)):
        return "is not accepted"
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def fragments(raw: Any) -> list[str]:
    """The texts inside a raw value that must not be shown; a few characters alone give nothing away."""
    if isinstance(raw, dict):
        raw = list(raw.values())
    if isinstance(raw, list | tuple | set):
        return [part for one in raw for part in fragments(one)]
    text = raw.get_secret_value() if hasattr(raw, "get_secret_value") else raw
    if not isinstance(text, str):
        return []
    parts = [text, *text.replace("@", " ").replace("/", " ").replace(":", " ").split()]
    return [part for part in parts if len(part) >= 4]


def unknown_argument(path: str, settings: Mapping[str, Setting]) -> Fault:
    near = get_close_matches(path, settings, 1, 0.6)
    return Fault(
        f"{path} (argument) is not a setting.",
        f"did you mean {near[0]}?" if near else "remove it; `flask settings` lists every name.",
    )
