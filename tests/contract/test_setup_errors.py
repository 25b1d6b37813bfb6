"""A fault in the set-up always says what to type."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import demijohn

SOURCE = Path(demijohn.__file__).parent


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SetupError":
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


@pytest.mark.parametrize("call", [pytest.param(call, id=place) for place, call in calls()])
def test_every_setup_error_comes_with_a_fix(call: ast.Call) -> None:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    fix = named.get("fix", call.args[1] if len(call.args) > 1 else None)

    assert fix is not None
    assert not (isinstance(fix, ast.Constant) and not fix.value), "the fix is empty"
