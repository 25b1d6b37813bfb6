"""What the check found of each row, kept as lines of JSON beside the upload, and read again while rows are written."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

from demijohn.admin.exports.cells import safe_cell
from demijohn.admin.imports.mapping import PROBLEM

Does = Literal["new", "changed", "same", "wrong"]
NOTHING: dict[str, int] = {"new": 0, "changed": 0, "same": 0, "wrong": 0}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a row does.

    Attributes:
        row: its number in the file.
        title: the record, as people know it.
        digest: the record as it was when the row was tried, so that the write knows whether somebody changed it.
        changes: label, old and new text.
        problems: what is wrong, for people.
    """

    row: int
    does: Does
    title: str = ""
    digest: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def lines(outcomes: Iterable[Outcome]) -> Iterator[bytes]:
    for outcome in outcomes:
        yield (json.dumps(asdict(outcome), ensure_ascii=False) + "\n").encode()


def read_lines(parts: Iterable[bytes]) -> Iterator[Outcome]:
    """The outcomes in a file that comes in parts."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield Outcome(**json.loads(line))


def counted(counts: dict[str, int], outcome: Outcome) -> dict[str, int]:
    return {**NOTHING, **counts, outcome.does: counts.get(outcome.does, 0) + 1}


def problem_file(headers: list[str], rows: Iterable[tuple[list[str], list[str]]]) -> Iterator[bytes]:
    """A CSV of rows with what is wrong with each, to be corrected and uploaded again."""
    own = [position for position, header in enumerate(headers) if header != PROBLEM]
    yield b"\xef\xbb\xbf" + csv_line([headers[position] for position in own] + [PROBLEM])
    for cells, problems in rows:
        kept = [cells[position] if position < len(cells) else "" for position in own]
        yield csv_line([*kept, " ".join(problems)])


def csv_line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue().encode()
