"""A fault in the set-up says what to type, and a test types it and sees the application start."""

import ast
from functools import cache
from pathlib import Path

import pytest
from setup_faults import Site, sites

TESTS = Path(__file__).parents[1]

NOT_MENDED: dict[str, str] = {}
"""Faults whose fix no test applies: name -> why."""


@cache
def marked() -> list[tuple[str, str]]:
    """Name of a fault and the place of the test that mends it."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mends":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: write the name out"
                found.append((str(node.args[0].value), f"{path.relative_to(TESTS)}:{node.lineno}"))
    return found


@pytest.mark.parametrize("site", [pytest.param(site, id=name) for name, site in sites().items()])
def test_every_setup_error_is_mended_by_a_test(site: Site) -> None:
    mended = {name for name, _ in marked()}

    assert site.has_fix, f"src/demijohn/{site.place}: the fix is missing or empty"
    assert site.name in mended or site.name in NOT_MENDED, (
        f"no test mends what src/demijohn/{site.place} raises. Mark one of the same area:\n"
        f'  @pytest.mark.mends("{site.name}")\n'
        "With the fixture `mending` it calls mending.refused(start), applies the fix this returns as it is typed,\n"
        "and ends with mending.started(start); see tests/core/test_mending.py. A fix no test can apply goes with its\n"
        f"reason into NOT_MENDED of {Path(__file__).name}."
    )


def test_every_mark_names_a_fault() -> None:
    unknown = [(name, place) for name, place in marked() if name not in sites()]

    assert unknown == []
    assert set(NOT_MENDED) <= set(sites()) - {name for name, _ in marked()}
