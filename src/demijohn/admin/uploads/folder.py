"""Where files lie: one small interface, and the folder behind it. Names on disk are our own keys, never a person's."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, Protocol

KEY = re.compile(r"[0-9a-f]{32}")

State = Literal["pending", "taken", "going"]
"""A file about which nobody knows yet whether a record holds it: uploaded and not saved; being saved; being deleted."""
STATES: tuple[State, ...] = ("pending", "taken", "going")


def new_key() -> str:
    return secrets.token_hex(16)


class Storage(Protocol):
    """Bytes under keys. `save` writes all or nothing; a key that is not there raises FileNotFoundError."""

    def save(self, key: str, stream: IO[bytes]) -> None: ...
    def open(self, key: str) -> IO[bytes]: ...
    def size(self, key: str) -> int: ...
    def delete(self, key: str) -> None: ...


class LocalFolder:
    """A folder of this machine, shared by its processes; made when first written to, for this user alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self.root / "files" / key[:2] / key

    def save(self, key: str, stream: IO[bytes]) -> None:
        """Store the bytes under a new key.

        Raises:
            OSError: they can't be, and nothing is left of them.
        """
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_suffix(".part")
        stream.seek(0)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                shutil.copyfileobj(stream, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> IO[bytes]:
        return self.path(key).open("rb")

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def delete(self, key: str) -> None:
        """Delete a file; one that is gone already is no error."""
        self.path(key).unlink(missing_ok=True)


class Notes:
    """Which files are between two states, as empty files beside them: of two processes that move one, one wins.

    A file without a note is a record's. What a crash leaves behind has a note, and housekeeping looks after it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root / "notes"

    def path(self, state: State, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self.root / state / key

    def add(self, state: State, key: str) -> None:
        path = self.path(state, key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch()

    def has(self, state: State, key: str) -> bool:
        return bool(KEY.fullmatch(key)) and self.path(state, key).exists()

    def move(self, key: str, old: State, new: State) -> bool:
        """Whether this process was the one to move it; its time begins anew."""
        target = self.path(new, key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path(old, key).rename(target)
            os.utime(target)
        except FileNotFoundError:
            return False
        return True

    def remove(self, state: State, key: str) -> None:
        self.path(state, key).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[tuple[State, str]]:
        """State and key of what has been between two states for that long."""
        before = time.time() - seconds
        for state in STATES:
            folder = self.root / state
            for note in folder.iterdir() if folder.is_dir() else ():
                try:
                    is_old = note.stat().st_mtime < before
                except FileNotFoundError:
                    continue
                if is_old and KEY.fullmatch(note.name):
                    yield state, note.name
