"""The order of the tiles on the first page, and those left out, as the person asking wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demijohn.admin.board.tiles import Declared
from demijohn.admin.preferences.kept import preference

BOARD = "board"
"""What the choice is kept under: `{"shown": [keys in order], "known": [every key there was]}`."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A tile as one arranges it."""

    key: str
    label: str
    is_shown: bool


def choice(shown: Sequence[str], known: Sequence[str]) -> dict[str, list[str]]:
    """What is kept of these tiles; one that the project adds later is not among the known, and shown at the end."""
    return {"shown": [key for key in dict.fromkeys(shown) if key in known], "known": list(known)}


def arranged(tiles: Sequence[Declared]) -> list[Declared]:
    """The tiles that the person asking wants, in their order."""
    kept: Any = preference(BOARD)
    if not isinstance(kept, dict):
        return list(tiles)
    by_key = {tile.key: tile for tile in tiles}
    wanted = [by_key[key] for key in kept.get("shown", ()) if key in by_key]
    return [*wanted, *(tile for tile in tiles if tile.key not in kept.get("known", ()))]


def places(tiles: Sequence[Declared]) -> list[Place]:
    """Every tile: those shown in their order, then the others."""
    shown = arranged(tiles)
    others = [tile for tile in tiles if tile not in shown]
    return [Place(key=tile.key, label=tile.label, is_shown=tile in shown) for tile in (*shown, *others)]


def is_arranged() -> bool:
    """Whether the person asking has an arrangement of their own."""
    return preference(BOARD) is not None
