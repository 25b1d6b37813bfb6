"""Private files in the database, in parts: every process finds them, and none needs a shared folder."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import IO, Any, cast

import sqlalchemy as sa
from flask import current_app

from demijohn import clock
from demijohn.admin.jobs.models import AdminFile, AdminFilePart
from demijohn.admin.settings import AdminSettings
from demijohn.database.base import db
from demijohn.state import state_of

PART_BYTES = 512 * 1024
FILES = cast("sa.Table", AdminFile.__table__)
PARTS = cast("sa.Table", AdminFilePart.__table__)


def section_of(app: Any = None) -> AdminSettings:
    return cast("AdminSettings", state_of(app).sections["admin"])


def write_file(  # noqa: PLR0913 - keywords
    chunks: Iterable[bytes], *, owner_id: int, name: str, mimetype: str, permission: str = "", engine: Any = None
) -> int:
    """Store the bytes in parts, each in a short transaction of its own; the id of the file, whole once this returns.

    An error in between leaves a file that nobody can fetch, and that is deleted when it expires.
    """
    engine = engine or db.engine
    values = {"owner_id": owner_id, "name": name[-255:], "mimetype": mimetype, "permission": permission}
    times = {"created_at": clock.now(), "expires_at": expiry()}
    with engine.begin() as connection:
        made = connection.execute(FILES.insert().values(size=0, is_whole=False, **values, **times))
        file_id = int(made.inserted_primary_key[0])
    size = 0
    for number, part in enumerate(parts_of(chunks)):
        size += len(part)
        with engine.begin() as connection:
            connection.execute(PARTS.insert().values(file_id=file_id, number=number, body=part))
    with engine.begin() as connection:
        connection.execute(FILES.update().where(FILES.c.id == file_id).values(size=size, is_whole=True))
    return file_id


def expiry() -> datetime:
    return clock.now() + timedelta(hours=section_of(current_app).files_keep_hours)


def parts_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts of one size, the last one shorter."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= PART_BYTES:
            yield bytes(buffer[:PART_BYTES])
            del buffer[:PART_BYTES]
    if buffer:
        yield bytes(buffer)


def read_file(file_id: int) -> Iterator[bytes]:
    """The parts of a file, one at a time."""
    number = 0
    wanted = sa.select(PARTS.c.body)
    while True:
        with db.engine.connect() as connection:
            part = connection.scalar(wanted.where(PARTS.c.file_id == file_id, PARTS.c.number == number))
        if part is None:
            return
        yield part
        number += 1


def chunks_from(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of an open file."""
    while chunk := stream.read(PART_BYTES):
        yield chunk


def fetchable(file_id: int) -> AdminFile | None:
    """The file if it is whole and has not expired."""
    file = db.session.get(AdminFile, file_id)
    return file if file is not None and file.is_whole and file.expires_at > clock.now() else None


def delete_file(file_id: int) -> None:
    """Delete a file with its parts, in a short transaction of its own."""
    with db.engine.begin() as connection:
        connection.execute(FILES.delete().where(FILES.c.id == file_id))
