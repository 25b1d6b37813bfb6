"""Rows of the first sheet of a workbook, read one by one; the archive is measured before anything is unpacked."""

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from demijohn.admin.imports.bounds import MOST_COLUMNS, UnreadableError

MOST_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_PARTS = 1_000
MOST_BLANK_ROWS = 1_000
"""Ours: a million rows of six columns fit in; rows without anything in them end a sheet."""

BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError,
    SyntaxError, RuntimeError, NotImplementedError, AssertionError,
)  # fmt: skip
"""What openpyxl and what it stands on raise for archives that are no workbook."""


def sheet_rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row of the first sheet.

    Raises:
        UnreadableError: no library, no workbook, or one made to do harm.
    """
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise UnreadableError('Workbooks need openpyxl: pip install "demijohn[excel]". Or save it as .csv.') from None
    measure(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of charts and validations that are not read
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                yield from rows_in(book)
            finally:
                book.close()
    except UnreadableError:
        raise
    except (*BROKEN, InvalidFileException) as error:
        raise UnreadableError("This workbook can't be read; it may be damaged. Save it again, or as .csv.") from error


def measure(file: IO[bytes]) -> None:
    """Refuse an archive that would unpack to more than a table needs; zipfile holds each part to its stated size."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except BROKEN:
        raise UnreadableError("This workbook can't be read; it may be damaged. Save it again, or as .csv.") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise UnreadableError("This workbook unpacks to more than 100 MB. Save the sheet as .csv, or split it.")
    file.seek(0)


def rows_in(book: Any) -> Iterator[tuple[int, list[str]]]:
    if not book.worksheets:
        raise UnreadableError("This workbook has no sheet.")
    sheet, blank = book.worksheets[0], 0
    sheet.reset_dimensions()  # what the file says of its size is not believed
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), start=1):
        texts = [cell_text(value) for value in cells]
        while texts and not texts[-1]:
            texts.pop()
        blank = 0 if texts else blank + 1
        if blank > MOST_BLANK_ROWS:
            return
        yield number, texts


def cell_text(value: Any) -> str:
    """A cell as somebody would type it into a form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
