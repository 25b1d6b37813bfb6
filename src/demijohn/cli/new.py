"""`demijohn new NAME`: write a small project that passes its own tests. Works offline."""

import keyword
import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

MARK = "PROJECT"
"""Stands for the project's name in the files of `cli/project`; `package` for its folder."""

TAKEN = {"demijohn", "flask", "instance", "migrations", "tests"}


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a project into the folder NAME."""
    refuse_bad_name(name)
    target = Path(name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise click.UsageError(f"{name}/ exists and is not empty.\nFix: choose another name, or remove it.")
    written = [write(target, place, text) for place, text in project_files(name)]
    click.echo(f"created {name}/ ({len(written)} files)")
    for place in written:
        click.echo(f"  {place}")
    click.echo(f"next:  cd {name} && flask --app {name} up")


def refuse_bad_name(name: str) -> None:
    """The name becomes a package, so it must be an importable one that hides nothing."""
    if not (name.isascii() and name.isidentifier() and name.islower()):
        raise click.UsageError(
            f"{name!r} can't be a package: use lower-case letters, digits and _.\nFix: demijohn new {suggestion(name)}"
        )
    if keyword.iskeyword(name) or name in TAKEN or name in sys.stdlib_module_names:
        raise click.UsageError(f"{name!r} is a word of Python or an existing module.\nFix: demijohn new my_{name}")


def suggestion(name: str) -> str:
    """The nearest name that is a package."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower()).strip("_")
    return letters if letters.isidentifier() else f"my_{letters}".rstrip("_")


def project_files(name: str) -> Iterator[tuple[str, str]]:
    """Path within the project and text of each file."""
    root = files("demijohn.cli") / "project"
    for place, file in walk(root):
        relative = place.removesuffix(".txt").replace("gitignore", ".gitignore").replace("package", name)
        yield relative, file.read_text(encoding="utf-8").replace(MARK, name)


def walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".txt"):
            yield f"{prefix}{entry.name}", entry


def write(target: Path, place: str, text: str) -> str:
    path = target / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return place
