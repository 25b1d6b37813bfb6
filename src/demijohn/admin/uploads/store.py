"""The application's files: storing one, which nothing holds yet, and opening it again."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from flask import Flask, current_app

from demijohn.admin.settings import AdminSettings
from demijohn.admin.uploads.folder import LocalFolder, Notes, Storage, new_key
from demijohn.admin.uploads.sniffing import Nature, fitting_name, nature_of
from demijohn.admin.words import gettext
from demijohn.database.uploads import KNOWN, MAX_PIXELS, StoredFile, Upload

EXTENSION = "demijohn.admin.uploads"
UNITS = ("bytes", "kB", "MB", "GB")


class UnwantedFileError(ValueError):
    """A file that is not taken; the text says why, to people."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where an application's files lie, which of them are between two states, and how large one may be."""

    root: Path
    storage: Storage
    notes: Notes
    max_bytes: int
    keep_hours: int


def open_folder(app: Flask, section: AdminSettings) -> None:
    """Give an application its folder of files; nothing is made before the first upload."""
    root = Path(app.instance_path) / section.uploads_folder
    app.extensions[EXTENSION] = Files(
        root=root,
        storage=LocalFolder(root),
        notes=Notes(root),
        max_bytes=section.upload_max_bytes,
        keep_hours=section.files_keep_hours,
    )


def files_of(app: Any = None) -> Files:
    return cast("Files", (app or current_app).extensions[EXTENSION])


def store_file(stream: IO[bytes], name: str, *, upload: Upload | None = None) -> StoredFile:
    """Store a file for a record that is about to hold it; one that no record holds after a day is deleted.

    Args:
        stream: its bytes, an open file that can be rewound.
        name: what people call it; only shown.
        upload: the column's type, whose limits hold; by itself all that we know.

    Raises:
        UnwantedFileError: it is empty, too large, or of a type that is not taken.
        OSError: the folder can't be written.
    """
    files = files_of()
    size = size_of(stream)
    nature = accepted(stream, name, size, upload or Upload())
    key = new_key()
    files.notes.add("pending", key)  # before the bytes, so that housekeeping knows of them whatever happens
    files.storage.save(key, stream)
    known = {"width": nature.width, "height": nature.height}
    return StoredFile(
        key=key, name=fitting_name(name, nature.media_type), media_type=nature.media_type, size=size, **known
    )


def open_file(file: StoredFile) -> IO[bytes]:
    """The bytes of a stored file, for reading.

    Raises:
        FileNotFoundError: they are gone.
    """
    return files_of().storage.open(file.key)


def size_of(stream: IO[bytes]) -> int:
    stream.seek(0, 2)
    return stream.tell()


def accepted(stream: IO[bytes], name: str, size: int, upload: Upload) -> Nature:
    """What the file is, if it is taken.

    Raises:
        UnwantedFileError: it is not.
    """
    most = min(upload.max_bytes or files_of().max_bytes, files_of().max_bytes)
    if not size:
        raise UnwantedFileError(gettext("This file is empty."))
    if size > most:
        raise UnwantedFileError(gettext("This file is too large: at most %(size)s.", size=size_text(most)))
    nature = nature_of(stream, name)
    if nature is None or nature.media_type not in upload.accept:
        raise UnwantedFileError(
            gettext("Files of this kind are not taken. Choose one of these: %(kinds)s.", kinds=endings_of(upload))
        )
    if (nature.width or 0) * (nature.height or 0) > min(upload.max_pixels, MAX_PIXELS):
        raise UnwantedFileError(gettext("This picture has too many pixels."))
    return nature


def endings_of(upload: Upload) -> str:
    return ", ".join(ending for media_type in upload.accept for ending in KNOWN[media_type])


def size_text(size: int) -> str:
    """A number of bytes as people read it: `1.2 MB`."""
    value = float(size)
    for unit in UNITS:
        if value < 1000 or unit == UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == UNITS[0] or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return ""
