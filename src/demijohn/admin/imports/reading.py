"""Reads a table out of an uploaded file: its encoding and delimiter guessed, its size bounded, anything odd refused.

Imports neither Flask nor the database.
"""

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO

from demijohn.admin.exports.cells import as_typed
from demijohn.admin.imports.bounds import LONGEST_CELL, MOST_COLUMNS, UnreadableError
from demijohn.admin.imports.workbooks import sheet_rows

ENCODINGS = ("utf-8", "utf-16", "windows-1252")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table in a file.

    Attributes:
        headers: the first row.
        rows: number of the row in the file, and its cells as text.
        encoding, delimiter: how it is read; empty for a workbook.
    """

    headers: list[str]
    rows: Generator[tuple[int, list[str]], None, None]
    encoding: str = ""
    delimiter: str = ""


def open_table(file: IO[bytes], *, encoding: str = "", delimiter: str = "") -> Table:
    """The table in an open file; a workbook is known by its first bytes.

    Raises:
        UnreadableError: also from the rows, while they are read.
    """
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04":
        return with_headers(sheet_rows(file))
    if start == b"\xd0\xcf\x11\xe0":
        raise UnreadableError("This is a workbook of Excel 2003 or one with a password. Save it as .xlsx or .csv.")
    encoding = encoding or guess_encoding(file)
    delimiter = delimiter or guess_delimiter(file, encoding)
    return with_headers(csv_rows(file, encoding, delimiter), encoding=encoding, delimiter=delimiter)


def with_headers(rows: Iterator[tuple[int, list[str]]], *, encoding: str = "", delimiter: str = "") -> Table:
    checked = bounded(rows)
    headers = next((cells for _, cells in checked), None)
    if headers is None:
        raise UnreadableError("There is nothing in this file.")
    while headers and not headers[-1].strip():
        headers.pop()
    return Table(headers=[h.strip()[:200] for h in headers], rows=checked, encoding=encoding, delimiter=delimiter)


def bounded(rows: Iterator[tuple[int, list[str]]]) -> Generator[tuple[int, list[str]], None, None]:
    """The rows that hold anything, unless one is beyond all measure."""
    for number, cells in rows:
        if len(cells) > MOST_COLUMNS:
            raise UnreadableError(f"Row {number:,} has {len(cells):,} columns; {MOST_COLUMNS} is the most.")
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise UnreadableError(f"Row {number:,} has a cell of more than {LONGEST_CELL:,} characters.")
        if any(cell.strip() for cell in cells):
            yield number, [as_typed(cell.strip()) for cell in cells]


def guess_encoding(file: IO[bytes]) -> str:
    """The encoding of a text: by its mark, by its zeros, UTF-8 if it can be, else Windows-1252."""
    file.seek(0)
    start = file.read(SAMPLE)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    zeros = start.count(0)
    if zeros > len(start) // 4:
        return "utf-16-le" if start[1:2] == b"\x00" else "utf-16-be"
    return "utf-8" if is_utf8(file) else "windows-1252"


def is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(SAMPLE):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def text_of(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The file as text; the caller detaches it, so that the file stays open."""
    file.seek(0)
    try:
        return io.TextIOWrapper(file, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    except LookupError:
        raise UnreadableError("There is no such encoding.") from None


def guess_delimiter(file: IO[bytes], encoding: str) -> str:
    """The delimiter that makes most columns, as many in every one of the first rows as can be."""
    text = text_of(file, encoding)
    try:
        sample = text.read(SAMPLE)
    except UnicodeError:
        raise UnreadableError(undecodable(encoding)) from None
    finally:
        text.detach()
    return max(DELIMITERS, key=lambda delimiter: fitness(sample, delimiter))


def fitness(sample: str, delimiter: str) -> float:
    try:
        widths = [
            len(row)
            for _, row in zip(range(20), csv.reader(io.StringIO(sample), delimiter=delimiter), strict=False)
            if row
        ]
    except csv.Error:
        return 0
    if not widths or widths[0] < 2:
        return 0
    return sum(width == widths[0] for width in widths) / len(widths) + widths[0] / 10_000


def csv_rows(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    text = text_of(file, encoding)
    try:
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            if any("\x00" in cell for cell in cells):
                raise UnreadableError(f"Row {number:,} holds a character that no table has. Is this a text file?")
            yield number, cells
    except UnicodeError:
        raise UnreadableError(undecodable(encoding)) from None
    except csv.Error as error:
        raise UnreadableError(f"This file can't be read as a table: {error}.") from None
    finally:
        if not file.closed:
            text.detach()


def undecodable(encoding: str) -> str:
    return f"This file is not in {encoding}. Choose another encoding."
