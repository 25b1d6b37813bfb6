"""The kinds of file an export can be: each makes chunks of bytes out of rows, 500 rows at a time, in flat memory."""

import csv
import importlib.util
import io
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from demijohn.admin.exports.cells import json_value, safe_cell, sheet_value
from demijohn.admin.exports.rows import AT_A_TIME

Rows = Iterable[list[Any]]
Chunks = Callable[[list[str], list[str], Rows], Iterator[bytes]]

EXCEL_ROWS = 1_048_575
"""Rows of a sheet below its titles (ECMA-376)."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file.

    Attributes:
        chunks: makes the file from the columns' names, their titles and the rows.
        needs: the library, and the extra that brings it; empty for none.
        most_rows: how many it can hold; None for any number.
        is_whole: whether nothing of it can leave before the last row was read.
    """

    label: str
    mimetype: str
    chunks: Chunks
    needs: str = ""
    most_rows: int | None = None
    is_whole: bool = False

    @property
    def is_there(self) -> bool:
        """Whether its library is installed."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


def csv_chunks(names: list[str], titles: list[str], rows: Rows) -> Iterator[bytes]:
    del names
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(title) for title in titles])
    for part in batched(rows):
        writer.writerows([safe_cell(value) for value in row] for row in part)
        yield taken(buffer)
    yield taken(buffer)


def taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def batched(rows: Rows) -> Iterator[list[list[Any]]]:
    left = iter(rows)
    while part := list(itertools.islice(left, AT_A_TIME)):
        yield part


def json_line(names: list[str], row: list[Any]) -> str:
    values = {name: json_value(value) for name, value in zip(names, row, strict=True)}
    return json.dumps(values, ensure_ascii=False, default=str)


def json_chunks(names: list[str], titles: list[str], rows: Rows) -> Iterator[bytes]:
    del titles
    before = "[\n"
    for part in batched(rows):
        yield (before + ",\n".join(json_line(names, row) for row in part)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def line_chunks(names: list[str], titles: list[str], rows: Rows) -> Iterator[bytes]:
    del titles
    for part in batched(rows):
        yield "".join(f"{json_line(names, row)}\n" for row in part).encode()


def xlsx_chunks(names: list[str], titles: list[str], rows: Rows) -> Iterator[bytes]:
    del names
    with tempfile.TemporaryFile() as file:
        write_workbook(file, titles, rows)
        file.seek(0)
        while chunk := file.read(64 * 1024):
            yield chunk


def write_workbook(file: IO[bytes], titles: list[str], rows: Rows) -> None:
    """Write one sheet, row by row through a temporary file; text is text, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = WriteOnlyCell(sheet, value)
        text.data_type = "s"  # never a formula
        return text

    sheet.append([cell(str(sheet_value(title))) for title in titles])
    for row in rows:
        sheet.append([cell(sheet_value(value)) for value in row])
    book.save(file)


EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "csv": Format(label="CSV", mimetype="text/csv", chunks=csv_chunks),
    "xlsx": Format(
        label="Excel", mimetype=EXCEL, chunks=xlsx_chunks, needs="openpyxl", most_rows=EXCEL_ROWS, is_whole=True
    ),
    "json": Format(label="JSON", mimetype="application/json", chunks=json_chunks),
    "jsonl": Format(label="JSON lines", mimetype="application/x-ndjson", chunks=line_chunks),
}
