"""The shape of the house, measured from the installed source."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import demijohn

SOURCE = Path(demijohn.__file__).parent
MODULES = sorted(path for path in SOURCE.rglob("*.py") if not path.name[0].isdigit())
"""Every module but the revisions, which are generated lists of columns."""

LONGEST_FUNCTION = 50
LONGEST_MODULE = 400

IMPORTERS = {
    "flask_admin": {"admin"},
    "flask_login": {"auth"},
    "flask_mail": {"mail"},
    "flask_migrate": {"migrations"},
    "flask_wtf": {"security", "forms", "auth", "admin"},
    "openpyxl": {"admin"},
    "wtforms": {"forms", "auth", "admin"},
}
"""Library without types -> the batteries that may import it."""


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the function, its docstring not counted."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_says_what_it_holds_and_has_short_functions(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)

    too_long = {f.name: length(f) for f in functions(tree) if length(f) > LONGEST_FUNCTION}
    assert too_long == {}
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(tree), "the first line says what the module holds"


@pytest.mark.parametrize("library", IMPORTERS)
def test_a_library_without_types_is_imported_by_few_batteries(library: str) -> None:
    pattern = re.compile(rf"^\s*(?:from|import) {library}\b", re.MULTILINE)

    importers = {path.relative_to(SOURCE).parts[0] for path in MODULES if pattern.search(path.read_text())}

    assert importers <= IMPORTERS[library]


@pytest.mark.parametrize("package", ["demijohn", "demijohn.auth", "demijohn.admin", "demijohn.database"])
def test_the_names_offered_lazily_are_the_names_editors_see(package: str) -> None:
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text())
    seen = {
        alias.asname
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }

    assert seen == set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_an_unknown_public_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'demijohn' has no attribute 'Demijohn'"):
        demijohn.Demijohn  # noqa: B018
