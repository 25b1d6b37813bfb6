"""A column that holds a file: what is known of it; its bytes lie elsewhere, under a key of their own."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from demijohn.errors import SetupError

PICTURES = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
}
"""Media type -> its endings, the usual one first. No SVG: it is a document that runs scripts."""

OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
}
DOCUMENTS = {
    "application/pdf": (".pdf",),
    "text/csv": (".csv",),
    "text/plain": (".txt", ".md", ".log"),
    "application/zip": (".zip",),
    **OFFICE,
}
KNOWN = {**PICTURES, **DOCUMENTS}

MAX_PIXELS = 50_000_000
"""Pixels of a picture (width times height): a phone's camera makes 12 to 50 million; our choice."""

STORED_LENGTH = 1_000
"""Characters of the column: the name (at most 200, twice that in JSON) and what else is known."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What is known of a file.

    Attributes:
        key: under which its bytes are kept; made by us, never by a person.
        name: what its sender called it, with an ending that fits its type.
        media_type: as read from its bytes.
        size: bytes.
        width, height: of a picture (pixels).
    """

    key: str
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None

    @property
    def is_picture(self) -> bool:
        return self.media_type in PICTURES

    def __str__(self) -> str:
        return self.name

    def as_json(self) -> str:
        """Compact JSON, the key first, so that a file is found by the beginning of its text."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


class Upload(TypeDecorator[StoredFile]):
    """A file in a record: `picture: Mapped[StoredFile | None] = mapped_column(Upload(accept=("image/*",)))`.

    Args:
        accept: media types that may be uploaded; `image/*` for every picture. By itself all that we know.
        max_bytes: the largest file; None for `admin.upload_max_bytes`.
        max_pixels: the largest picture, width times height.

    Raises:
        SetupError: a media type that can't be told from its bytes.
    """

    impl = sa.String(STORED_LENGTH)
    cache_ok = True

    def __init__(
        self, accept: Sequence[str] = (), *, max_bytes: int | None = None, max_pixels: int = MAX_PIXELS
    ) -> None:
        super().__init__()
        self.accept = expanded(accept)
        self.max_bytes = max_bytes
        self.max_pixels = max_pixels

    def process_bind_param(self, value: StoredFile | None, dialect: sa.Dialect) -> str | None:
        if value is not None and not isinstance(value, StoredFile):
            raise TypeError(f"{value!r} is no stored file; make one with demijohn.admin.store_file(stream, name).")
        return None if value is None else value.as_json()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StoredFile | None:
        return None if value is None else StoredFile(**json.loads(value))


def expanded(accept: Sequence[str]) -> tuple[str, ...]:
    """Media types, with `image/*` as every picture; all that we know if none is named."""
    found: list[str] = []
    for said in [accept] if isinstance(accept, str) else accept:
        if said != "image/*" and said not in KNOWN:
            raise SetupError(
                f"Upload(accept=…) names {said!r}, which can't be told from a file's bytes.",
                fix=f"use some of: image/*, {', '.join(KNOWN)}.",
            )
        found += PICTURES if said == "image/*" else [said]
    return tuple(dict.fromkeys(found)) or tuple(KNOWN)


def holds(column: Any, key: str) -> sa.ColumnElement[bool]:
    """Whether a column of uploads holds the file of this key."""
    return sa.type_coerce(column, sa.String).like(f'{{"key":"{key}"%')
