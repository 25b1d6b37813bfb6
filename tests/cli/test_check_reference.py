"""Every check id has its line in the reference."""

import re
from pathlib import Path

import demijohn

ROOT = Path(__file__).parents[2]
WRITTEN = re.compile(r"id=f?\"([a-z_]+\.[EWI][0-9]{3})\"")
NUMBERED = re.compile(r"(?:error|warning|info)\(\s*\"([EWI][0-9]{3})\"")


def ids() -> set[str]:
    source = Path(demijohn.__file__).parent
    found = {id_ for path in source.rglob("*.py") for id_ in WRITTEN.findall(path.read_text())}
    start = (source / "configuration" / "start.py").read_text()
    return found | {f"settings.{number}" for number in NUMBERED.findall(start)}


def test_every_check_id_is_explained_in_the_reference() -> None:
    page = (ROOT / "docs/reference/checks.md").read_text()

    missing = sorted(id_ for id_ in ids() if f"`{id_}`" not in page)

    assert len(ids()) >= 13
    assert missing == [], "add a line for each to docs/reference/checks.md"
