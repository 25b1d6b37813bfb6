"""What a file is, read from its bytes: pure functions over an open file. What its name or sender says counts nothing.

Only what we know by heart is told; everything else, and text that a browser could take for a page, is None.
"""

import codecs
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from demijohn.database.uploads import KNOWN, OFFICE

HEAD_BYTES = 64
TEXT_BYTES = 64 * 1024
SEGMENTS = 1_000
"""Segments of a JPEG that are passed over before its size; our choice."""
MAX_ENTRIES = 10_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LOOKS_LIKE_MARKUP = re.compile(r"\s*(<|%!PS|#!|MZ)|.*<(script|html|svg|body|iframe)\b", re.IGNORECASE | re.DOTALL)
NO_SIZE_MARKERS = {0xC4, 0xC8, 0xCC}

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Nature:
    """What a file is: its media type, and of a picture its size."""

    media_type: str
    width: int | None = None
    height: int | None = None


def nature_of(stream: IO[bytes], name: str) -> Nature | None:
    """What the file is, None if that is not known for certain; the name only tells kinds of text apart."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    for begins, media_type, size_of in PICTURE_SIGNATURES:
        if begins(head):
            size = size_of(head, stream)
            return Nature(media_type=media_type, width=size[0], height=size[1]) if size is not None else None
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return Nature(media_type="application/pdf")
    told = archive_type(stream) if head.startswith(b"PK\x03\x04") else text_type(stream, name)
    return Nature(media_type=told) if told is not None else None


def png_size(head: bytes, stream: IO[bytes]) -> Size | None:
    del stream
    return sane(head[16:20], head[20:24], "big") if head[8:16] == b"\x00\x00\x00\rIHDR" else None


def gif_size(head: bytes, stream: IO[bytes]) -> Size | None:
    del stream
    return sane(head[6:8], head[8:10], "little")


def jpeg_size(head: bytes, stream: IO[bytes]) -> Size | None:
    """The size in the first frame header; what comes before it is passed over."""
    del head
    stream.seek(2)
    for _ in range(SEGMENTS):
        marker = stream.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        length = int.from_bytes(marker[2:4], "big")
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in NO_SIZE_MARKERS:
            frame = stream.read(5)
            return sane(frame[3:5], frame[1:3], "big")
        stream.seek(length - 2, 1)
    return None


def webp_size(head: bytes, stream: IO[bytes]) -> Size | None:
    del stream
    kind = head[12:16]
    if kind == b"VP8X":
        return plus_one(head[24:27], head[27:30])
    if kind == b"VP8L" and head[20:21] == b"\x2f":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(part, "little") & 0x3FFF for part in (head[26:28], head[28:30]))
        return (width, height) if width and height else None
    return None


def plus_one(width: bytes, height: bytes) -> Size:
    return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1


def sane(width: bytes, height: bytes, order: Any) -> Size | None:
    """Both numbers, None if one is missing or nothing."""
    found = int.from_bytes(width, order), int.from_bytes(height, order)
    return found if width and height and all(found) else None


PICTURE_SIGNATURES: tuple[tuple[Callable[[bytes], bool], str, Callable[[bytes, IO[bytes]], Size | None]], ...] = (
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), "image/png", png_size),
    (lambda head: head.startswith(b"\xff\xd8\xff"), "image/jpeg", jpeg_size),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), "image/gif", gif_size),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", "image/webp", webp_size),
)
"""What a picture begins with, its type, and where its size stands.

Source:
    PNG (ISO/IEC 15948), GIF89a, JPEG (ITU-T T.81), WebP (RFC 9649).
"""

FOLDERS = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def archive_type(stream: IO[bytes]) -> str | None:
    """Office document, or plain archive; None for one with macros, with too many entries, or broken."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if len(names) > MAX_ENTRIES or any(name.endswith("vbaProject.bin") for name in names):
                return None
            if names[:1] == ["mimetype"]:
                with archive.open("mimetype") as said:
                    media_type = said.read(100).decode("ascii", "replace").strip()
                return media_type if media_type in OFFICE else None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in FOLDERS.items() if any(n.startswith(folder) for n in names)), None)
    return "application/zip"


def text_type(stream: IO[bytes], name: str) -> str | None:
    """Text in UTF-8 without control characters that no browser would take for a page; CSV if its name says so."""
    stream.seek(0)
    start = ""
    decoded = 0
    for chunk in text_chunks(stream):
        if chunk is None or CONTROL.search(chunk):
            return None
        start = start or chunk
        decoded += len(chunk)
    if not decoded or LOOKS_LIKE_MARKUP.match(start.removeprefix("\ufeff")):
        return None
    return "text/csv" if PurePath(name).suffix.lower() == ".csv" else "text/plain"


def text_chunks(stream: IO[bytes]) -> Iterator[str | None]:
    """The text in pieces; None where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(TEXT_BYTES):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield None


def fitting_name(name: str, media_type: str) -> str:
    """The last part of the name, with an ending that fits the type: `photo.html` of a PNG is `photo.html.png`."""
    last = re.split(r"[/\\]", name)[-1]
    clean = CONTROL.sub("", last).strip().strip(".")[-180:] or "file"
    endings = KNOWN[media_type]
    return clean if clean.lower().endswith(endings) else f"{clean}{endings[0]}"
