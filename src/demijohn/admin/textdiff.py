"""What changed inside a text, word by word: pieces that stayed, went and came."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

SHORT = 80
"""Characters up to which two texts of one line stand beside each other; our choice."""
LONGEST = 20_000
"""Characters of both texts that are compared."""
MOST_WORDS = 4_000
"""Words and gaps of both texts; comparing takes their product in the worst case."""
AROUND = 60
"""Characters that are kept of what stayed, on either side of a change."""
WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of text."""

    kind: Literal["same", "gone", "come"]
    text: str


def diff(old: str, new: str) -> list[Piece]:
    """The texts as one; nothing where they are short, too long, or have nothing in common."""
    if not old or not new or len(old) + len(new) > LONGEST:
        return []
    if max(len(old), len(new)) <= SHORT and "\n" not in old + new:
        return []
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > MOST_WORDS:
        return []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    found = list(pieces(matcher, before, after))
    kept = sum(len(piece.text.strip()) for piece in found if piece.kind == "same")
    return [shortened(piece, found) for piece in found] if kept * 4 >= min(len(old), len(new)) else []


def pieces(matcher: "SequenceMatcher[str]", before: list[str], after: list[str]) -> Iterator[Piece]:
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece(kind="same", text="".join(before[start:end]))
            continue
        if end > start:
            yield Piece(kind="gone", text="".join(before[start:end]))
        if new_end > new_start:
            yield Piece(kind="come", text="".join(after[new_start:new_end]))


def shortened(piece: Piece, every: list[Piece]) -> Piece:
    """A long stretch that stayed, as far as it stands beside a change."""
    if piece.kind != "same" or len(piece.text) <= 3 * AROUND:
        return piece
    head = "" if piece is every[0] else piece.text[:AROUND]
    tail = "" if piece is every[-1] else piece.text[-AROUND:]
    return Piece(kind="same", text=f"{head} … {tail}")
