"""Revisions read from their files, without importing Alembic or running them.

What a serving process must know (is the database behind?) comes from here; everything that changes a database is
Alembic's.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One step of a history: what it follows and what else it needs."""

    id: str
    follows: tuple[str, ...]
    needs: tuple[str, ...]
    path: Path


def read_revisions(folders: Iterable[Path]) -> dict[str, Revision]:
    """Every revision in these folders by its id."""
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.py"))]
    found = [revision for path in files if (revision := read_revision(path)) is not None]
    return {revision.id: revision for revision in found}


def read_revision(path: Path) -> Revision | None:
    """The revision this file declares; None for any other file."""
    values = assigned(ast.parse(path.read_text(encoding="utf-8")))
    if not isinstance(values.get("revision"), str):
        return None
    return Revision(
        id=values["revision"],
        follows=names(values.get("down_revision")),
        needs=names(values.get("depends_on")),
        path=path,
    )


def assigned(tree: ast.Module) -> dict[str, Any]:
    """Names a module assigns a literal to."""
    values: dict[str, Any] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant | ast.Tuple | ast.List):
                values[target.id] = ast.literal_eval(value)
    return values


def names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def heads(revisions: Mapping[str, Revision]) -> list[str]:
    """Revisions that nothing follows, in a fixed order."""
    followed = {parent for revision in revisions.values() for parent in revision.follows}
    return sorted(set(revisions) - followed)


def covered(revisions: Mapping[str, Revision], applied: Iterable[str]) -> set[str]:
    """The applied revisions and all that came before them."""
    found: set[str] = set()
    waiting = list(applied)
    while waiting:
        name = waiting.pop()
        if name in found or name not in revisions:
            continue
        found.add(name)
        waiting += [*revisions[name].follows, *revisions[name].needs]
    return found


def tables_made(folder: Path) -> set[str]:
    """Names of the tables that the revisions in this folder create."""
    made: set[str] = set()
    for path in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"create_table", "rename_table"}:
                made |= {str(value.value) for value in node.args if isinstance(value, ast.Constant)}
    return made
