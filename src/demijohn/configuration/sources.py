"""Where values come from: the environment, `.env` beside the application, secret files.

Each source gives name -> Found; nothing here knows what the names mean.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from demijohn.configuration.faults import Fault
from demijohn.configuration.fields import PLATFORM


@dataclass(frozen=True)
class Found:
    """A value as it was written, and where: `environment`, `.env:4`, `/run/secrets/secret_key`."""

    value: str
    where: str


@dataclass
class Written:
    """What one source holds, and what in it cannot be read."""

    found: dict[str, Found] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def is_ours(name: str) -> bool:
    return name.startswith("FLASK_") or name in PLATFORM


def application_folder(import_name: str) -> Path | None:
    """The folder `.env` is looked for in: that of the single-file module, or the one that contains the package.

    None for an application that cannot be found or is installed among the libraries: it has the environment only.
    """
    top = import_name.partition(".")[0]
    loaded = sys.modules.get(top)
    place = getattr(loaded, "__file__", None) or first_folder(loaded)
    if place is None and loaded is None:
        with suppress(ImportError, ValueError):
            spec = find_spec(top)
            place = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), None))
    if not place:
        return None
    path = Path(place).resolve()
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    return None if folder.name in {"site-packages", "dist-packages"} else folder


def first_folder(module: object) -> str | None:
    """Where a package without `__init__.py` lies."""
    return next(iter(getattr(module, "__path__", ())), None)


def read_dotenv(file: Path) -> Written:
    """The `.env` file, each value with its line; an absent file holds nothing."""
    written = Written()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return written
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        written.faults.append(Fault(f"{file} {why}.", f"write it as UTF-8 text that this user may read: {file}"))
        return written
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    values = dotenv_values(stream=StringIO(text))
    for binding in parse_stream(StringIO(text)):
        line = binding.original.line + leading_lines(binding.original.string)
        if binding.error:
            written.faults.append(Fault(f".env:{line} is not NAME=value.", f"correct or remove line {line} of {file}"))
        elif binding.key and values.get(binding.key) is not None:
            written.found[binding.key] = Found(values[binding.key] or "", f".env:{line}")
        elif binding.key and is_ours(binding.key):
            written.faults.append(Fault(f"{binding.key} (.env:{line}) has no value.", f"{binding.key}=<value>"))
    return written


def leading_lines(original: str) -> int:
    """Empty lines that the parser counts to the binding that follows them."""
    return original[: len(original) - len(original.lstrip())].count("\n")


def read_environment(own_file: Mapping[str, Found]) -> tuple[dict[str, Found], dict[str, Found]]:
    """What the environment says, and what Flask's CLI put there from a file that does not count.

    Args:
        own_file: the application's own `.env`: a value that is the same there is left to it, so that its line is told.
    """
    copied = copied_by_flask()
    said: dict[str, Found] = {}
    ignored: dict[str, Found] = {}
    for name, value in os.environ.items():
        own = own_file.get(name)
        if not is_ours(name) or (own is not None and own.value == value):
            continue
        copy = copied.get(name)
        if copy is None or copy.value != value:
            said[name] = Found(value, "environment")
        else:
            ignored[name] = copy
    return said, ignored


def copied_by_flask() -> dict[str, Found]:
    """The values that Flask's CLI copied from `.env` and `.flaskenv` files into this process's environment.

    It looks for them in the working directory and every folder above it, before any application is loaded.
    """
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true" or is_on(os.environ.get("FLASK_SKIP_DOTENV")):
        return {}
    from dotenv import dotenv_values, find_dotenv

    exported = exported_names()
    copied: dict[str, Found] = {}
    for name in (".flaskenv", ".env"):
        if path := find_dotenv(name, usecwd=True):
            with suppress(OSError, UnicodeDecodeError):
                for key, value in dotenv_values(path, encoding="utf-8").items():
                    if value is not None and key not in exported:
                        copied[key] = Found(value, path)
    return copied


def exported_names() -> set[str]:
    """The variables this process was started with, where the system tells (Linux); else none.

    Under the debug reloader the process that serves inherits what its parent copied, so the parent is asked.
    """
    process = str(os.getppid()) if os.environ.get("WERKZEUG_RUN_MAIN") == "true" else "self"
    try:
        block = Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return set()
    return {os.fsdecode(entry.partition(b"=")[0]) for entry in block.split(b"\0") if entry}


def is_on(flag: str | None) -> bool:
    """How Flask reads FLASK_DEBUG and FLASK_SKIP_DOTENV."""
    return bool(flag) and str(flag).lower() not in {"0", "false", "no"}


def read_secret_files(folder: str | None) -> Written:
    """One file per secret, named by the variable in either case (`secret_key`, `FLASK_MAIL__URL`).

    Args:
        folder: the value of FLASK_SECRETS_DIR, as Docker and Kubernetes mount it: `/run/secrets`.
    """
    written = Written()
    if not folder:
        return written
    try:
        files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    except OSError:
        fix = "set FLASK_SECRETS_DIR to the folder where the secrets are mounted, or remove it"
        written.faults.append(Fault(f"FLASK_SECRETS_DIR: {folder} is not a folder it can read.", fix))
        return written
    for path in files:
        name = path.name.upper()
        if is_ours(name):
            try:
                written.found[name] = Found(path.read_text(encoding="utf-8").strip(), str(path))
            except (OSError, UnicodeDecodeError):
                written.faults.append(Fault(f"{name} ({path}) cannot be read.", f"make {path} readable UTF-8 text"))
    return written
