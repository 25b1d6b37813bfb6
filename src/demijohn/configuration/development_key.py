"""A secret key of one's own for development, made once and kept in the instance folder."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from demijohn.errors import SetupError

FILE = "development.key"


def development_key(instance: Path) -> str:
    """The key in `instance/development.key`, made there if it is missing, readable by this user only.

    The file appears whole or not at all, so processes that start together end with one key.

    Raises:
        SetupError: the folder cannot be written, or the file is damaged.
    """
    path = instance / FILE
    try:
        if not path.exists():
            instance.mkdir(parents=True, exist_ok=True)
            make(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SetupError(
            f"the development key cannot be kept in {instance} ({error.strerror}).",
            fix=f"make the folder writable, or set SECRET_KEY={secrets.token_hex(32)}",
        ) from None
    except UnicodeDecodeError:
        key = ""
    if len(key) < 64:
        raise SetupError(f"{path} is damaged.", fix=f"remove it; a new one is made at the next start: rm {path}")
    return key


def make(path: Path) -> None:
    """Write a draft beside it and link it into place; whoever comes second keeps the first one's."""
    handle, draft = tempfile.mkstemp(prefix=f".{FILE}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
