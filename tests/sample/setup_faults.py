"""Where the source raises a set-up fault, and a follower of one from the refusal to the start after its fix."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import demijohn
from demijohn import SetupError

SOURCE = Path(demijohn.__file__).parent
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Site:
    """One place that says what is wrong with a set-up, and what to type.

    Attributes:
        name: what `@pytest.mark.mends` names it by: `choose.py:decide`; the second in one function ends in `[2]`.
        place: file and line.
        says: matches the whole text as it is shown, with the groups `problem` and `fix`.
        passes_on: the fix is another fault's.
    """

    name: str
    place: str
    says: re.Pattern[str]
    has_fix: bool
    passes_on: bool


@dataclass(frozen=True)
class Refusal:
    """What a refused start said."""

    problem: str
    fix: str

    def variables(self) -> dict[str, str]:
        """The environment variables that the fix says to set."""
        return dict(re.findall(r"\b([A-Z][A-Z0-9_]+)=([^\s,;]+?)(?=[.,;)]*(?:\s|$))", self.fix))


class Mending:
    """Follows one fault: refused, what it says read, its fix applied, started."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.was_refused = self.has_started = False

    def refused(self, start: Callable[[], object]) -> Refusal:
        """Start, which must be refused with the text of this place in the source."""
        try:
            text = ended(start(), well=False)
        except SetupError as error:
            text = str(error)
        found = self.site.says.search(text)
        assert found, f"{self.site.place} was not met:\n{text}\n\nlooked for {self.site.says.pattern}"
        self.was_refused = True
        return Refusal(found["problem"], found["fix"])

    def started(self, start: Callable[[], Outcome]) -> Outcome:
        """Start again, now that the fix is applied."""
        assert self.was_refused, "nothing was refused before"
        outcome = start()
        ended(outcome, well=True)
        self.has_started = True
        return outcome


def ended(outcome: Any, *, well: bool) -> str:
    """What a finished program said; a value that is no program ended well."""
    status = next((getattr(outcome, name) for name in ("status", "code", "returncode") if hasattr(outcome, name)), None)
    if status is None:
        assert well, "it started"
        return ""
    said = f"{outcome.out}\n{outcome.err}" if hasattr(outcome, "err") else f"{outcome.stdout}\n{outcome.stderr}"
    assert (status == 0) is well, f"status {status}:\n{said}"
    return said


@cache
def sites() -> dict[str, Site]:
    """Every fault the source can raise, by name."""
    found: dict[str, Site] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        file, tree = path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        seen: Counter[str] = Counter()
        for function, call in calls(tree, "<module>"):
            if texts := texts_of(call, file):
                seen[function] += 1
                number = f"[{seen[function]}]" if seen[function] > 1 else ""
                known = names_in(tree, function, before=call.lineno)
                site = site_of(f"{file}:{function}{number}", f"{file}:{call.lineno}", texts, known)
                if not site.passes_on:
                    found[site.name] = site
    return found


def calls(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the name of the function it stands in."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(child, ast.Call):
            yield function, child
        yield from calls(child, inside)


def texts_of(call: ast.Call, file: str) -> tuple[ast.expr, ast.expr | None] | None:
    """Problem and fix, if the call makes a fault: a SetupError, a fault of the settings, a check's error."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    in_settings = file.startswith("configuration/") or file == "settings.py"
    level = named.get("level")
    if name == "SetupError" or (name == "Fault" and in_settings):
        return call.args[0] if call.args else named["problem"], named.get("fix", (*call.args, None, None)[1])
    if name == "error" and file == "configuration/start.py":
        return call.args[1], call.args[2]
    if name == "Problem" and isinstance(level, ast.Constant) and level.value == "error":
        return named["text"], named.get("fix")
    return None


def names_in(tree: ast.Module, function: str, *, before: int) -> dict[str, ast.expr]:
    """What names stand for at a line: in the module, or last in the function."""
    places: list[ast.AST] = [node for node in tree.body if isinstance(node, ast.Assign)]
    places += [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    assigned = [node for place in places for node in ast.walk(place) if isinstance(node, ast.Assign)]
    return {
        node.targets[0].id: node.value
        for node in sorted(assigned, key=lambda node: node.lineno)
        if isinstance(node.targets[0], ast.Name) and node.lineno < before
    }


def site_of(name: str, place: str, texts: tuple[ast.expr, ast.expr | None], known: dict[str, ast.expr]) -> Site:
    problem, fix = texts
    passes_on = isinstance(fix, ast.Attribute) or (isinstance(fix, ast.Name) and fix.id not in known)
    says = f"(?P<problem>{pattern(problem, known)})\\s+Fix: (?P<fix>{pattern(fix, known)})[ \\t]*$"
    has_fix = fix is not None and not (isinstance(fix, ast.Constant) and not fix.value)
    return Site(name, place, re.compile(says, re.MULTILINE), has_fix, passes_on)


def pattern(node: ast.expr | None, known: dict[str, ast.expr]) -> str:
    """A regular expression for the texts an expression can give."""
    if isinstance(node, ast.FormattedValue):
        node = node.value if isinstance(node.value, ast.Name) else None
    if isinstance(node, ast.Name):
        node, known = known.get(node.id), {}
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(pattern(part, known) for part in parts)
        case ast.BinOp(left=left, right=right):
            return pattern(left, known) + pattern(right, known)
        case ast.IfExp(body=one, orelse=other):
            return f"(?:{pattern(one, known)}|{pattern(other, known)})"
    return "[^\\n]*?"
