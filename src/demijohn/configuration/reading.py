"""Reading: everything that was said about a class of settings, in one tree, with who said it.

Order, strongest first: arguments, environment, `.env` beside the application, secret files; defaults are pydantic's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from demijohn.configuration.faults import Fault, Origin
from demijohn.configuration.fields import Setting, settings_of
from demijohn.configuration.sources import (
    Found,
    Written,
    is_on,
    read_dotenv,
    read_environment,
    read_secret_files,
)
from demijohn.configuration.variables import arguments_of, names_said, read_variables


@dataclass(frozen=True)
class Debug:
    """What FLASK_DEBUG says, and who said it."""

    on: bool
    origin: Origin


@dataclass
class Reading:
    """What was read.

    Attributes:
        settings: path -> setting, for every field there is.
        values: the tree to validate.
        origins: path -> who said it; the keys of mappings have paths of their own (`config.KEY`).
        raw: path -> the value as it was given.
        faults: what cannot be read at all.
        unknown: odd FLASK_ names, for a check; name -> where.
        ignored: what Flask's CLI copied from files that do not count; name -> which file.
        debug: what FLASK_DEBUG says; None if nothing.
    """

    settings: dict[str, Setting]
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    debug: Debug | None = None

    def say(self, keys: tuple[str, ...], value: Any, origin: Origin) -> None:
        """Note a value unless a stronger source said one."""
        path = ".".join(keys)
        if path in self.origins:
            return
        self.origins[path] = origin
        self.raw[path] = value
        node = self.values
        for key in keys[:-1]:
            inner = node.setdefault(key, {})
            if not isinstance(inner, dict):
                return  # an argument that is no section: pydantic says so
            node = inner
        node[keys[-1]] = value

    def values_without(self, paths: Iterable[str]) -> dict[str, Any]:
        """The tree without what is wrong, so that the rest can still be judged."""
        bad = set(paths)

        def kept(node: Mapping[str, Any], prefix: str) -> dict[str, Any]:
            return {
                key: kept(value, f"{prefix}{key}.") if isinstance(value, dict) else value
                for key, value in node.items()
                if f"{prefix}{key}" not in bad
            }

        return kept(self.values, "")


def read(model: type[BaseModel], arguments: Mapping[str, Any], folder: Path | None) -> Reading:
    """What arguments, environment, the `.env` in `folder` and secret files say about this class of settings.

    A test is not the developer's: where arguments or environment say `testing`, `.env` is not read.
    """
    reading = Reading({})
    for keys, value in arguments_of(model, arguments):
        reading.say(keys, value, Origin(".".join(keys), "argument"))
    own_file = read_dotenv(folder / ".env") if folder else Written()
    said, ignored = read_environment(own_file.found)
    if is_testing(reading, said):
        own_file = Written()
    secrets_dir = said.get("FLASK_SECRETS_DIR") or own_file.found.get("FLASK_SECRETS_DIR")
    secrets = read_secret_files(secrets_dir.value if secrets_dir else None)
    reading.faults += own_file.faults + secrets.faults
    names = names_said(model, reading.origins, (said, own_file.found, secrets.found))
    reading.settings = {setting.path: setting for setting in settings_of(model, names_in=names)}
    read_variables(model, reading, (said, own_file.found, secrets.found))
    reading.debug = debug_of(said, ignored, own_file.found)
    reading.ignored = {name: found.where for name, found in ignored.items() if name != "FLASK_DEBUG"}
    if reading.debug and reading.debug.on and "environment" in reading.settings:
        reading.say(("environment",), "development", reading.debug.origin)
    return reading


def is_testing(reading: Reading, said: Mapping[str, Found]) -> bool:
    argument = reading.raw.get("environment")
    if argument is not None:
        return bool(argument == "testing")
    variable = said.get("FLASK_ENVIRONMENT")
    return variable is not None and variable.value == "testing"


def debug_of(*sources: Mapping[str, Found]) -> Debug | None:
    """What FLASK_DEBUG says: first the environment, whoever put it there, for Flask itself obeys it."""
    for source in sources:
        found = source.get("FLASK_DEBUG")
        if found is not None and found.value:
            return Debug(is_on(found.value), Origin("FLASK_DEBUG", found.where))
    return None
