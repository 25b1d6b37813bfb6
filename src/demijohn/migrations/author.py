"""For the makers of a battery: write its next revision (`python -m demijohn.migrations.author audit -m "Add …"`).

The battery's revisions are applied to an empty database, which is compared with its models; what differs becomes the
next file in its `migrations` folder. A test does the same and fails while something differs.
"""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import ops
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from demijohn.database.base import Model
from demijohn.migrations.comparing import render_item
from demijohn.migrations.folders import PACKAGE, bundled_folders, template_folder
from demijohn.migrations.review import steps, words
from demijohn.migrations.revisions import heads, read_revisions

FILE = '''"""{title}.

Revision: {id}, follows: {follows}
"""

import sqlalchemy as sa
from alembic import op
{imports}
revision = "{id}"
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


def battery_tables(name: str) -> list[sa.Table]:
    """Tables of a bundled battery."""
    make_models_known(name)
    return [table for table in Model.metadata.sorted_tables if table.info.get("battery") == name]


def make_models_known(name: str) -> None:
    """Import a battery's models, and those of the batteries it needs."""
    battery: Any = importlib.import_module(f"demijohn.{name}.battery").battery
    battery.models(battery.section())
    for needed in battery.needs:
        make_models_known(needed)


def folders_under(folder: Path) -> list[Path]:
    """The folder, and those of bundled batteries whose revisions its own stand on."""
    needed = {need for revision in read_revisions([folder]).values() for need in revision.needs}
    below = [other for other in bundled_folders() if other != folder and needed & set(read_revisions([other]))]
    return [folder, *dict.fromkeys(found for other in below for found in folders_under(other))]


def apply_folder(connection: sa.Connection, folder: Path) -> None:
    """Apply every revision of one folder, and of what it stands on, to this database."""
    script = ScriptDirectory(str(template_folder()), version_locations=[str(f) for f in folders_under(folder)])
    revisions = heads(read_revisions([folder]))
    if not revisions:
        return
    with EnvironmentContext(Config(), script, fn=lambda rev, _: script._upgrade_revs("heads", rev)) as context:
        context.configure(connection=connection, transactional_ddl=True, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()


def differences(connection: sa.Connection, tables: list[sa.Table]) -> Any:
    """What these tables have and the database has not, as Alembic's script of operations."""
    wanted = set(tables)
    names = {table.name for table in tables}

    def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:  # noqa: FBT001 - Alembic's signature
        if kind != "table":
            return True
        return name in names if reflected and compare_to is None else item in wanted

    options = {
        "compare_type": True,
        "include_object": include_object,
        "render_item": render_item,
        "render_as_batch": True,
        "target_metadata": Model.metadata,
    }
    return produce_migrations(MigrationContext.configure(connection, opts=options), Model.metadata)


def what_differs(name: str, folder: Path, url: str = "sqlite://") -> Any:
    """What the battery's models have and its revisions do not make, tried in this empty database."""
    tables = battery_tables(name)
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            apply_folder(connection, folder)
            return differences(connection, tables)
    finally:
        engine.dispose()


def write_next(name: str, message: str, *, folder: Path | None = None) -> Path | None:
    """Write the battery's next revision; None if its models and its revisions agree."""
    folder = folder or PACKAGE / name / "migrations"
    script = what_differs(name, folder)
    if not steps(script.upgrade_ops):
        return None
    folder.mkdir(exist_ok=True)
    return write_file(folder, name, message, script)


def write_file(folder: Path, name: str, message: str, script: Any) -> Path:
    known = read_revisions([folder])
    ends = heads(known)
    number = f"{len(known) + 1:04}"
    upgrade, downgrade = rendered(script.upgrade_ops), rendered(script.downgrade_ops)
    text = FILE.format(
        title=message.rstrip("."),
        id=f"{name}_{number}",
        follows=ends[0] if ends else "nothing",
        down=ends[0] if ends else None,
        labels=None if ends else (f"demijohn_{name}",),
        needs=None if ends else stands_on(name),
        upgrade=upgrade,
        downgrade=downgrade,
        imports="from sqlalchemy.dialects import postgresql\n" if "postgresql." in upgrade + downgrade else "",
    )
    path = folder / f"{number}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')}.py"
    path.write_text(text, encoding="utf-8")
    return path


def stands_on(name: str) -> tuple[str, ...] | None:
    """Ends of the branches whose tables this battery's tables refer to."""
    keys = [key for table in battery_tables(name) for key in table.foreign_keys]
    others = {str(key.column.table.info.get("battery", name)) for key in keys} - {name}
    return (
        tuple(end for other in sorted(others) for end in heads(read_revisions([PACKAGE / other / "migrations"])))
        or None
    )


def rendered(container: ops.UpgradeOps | ops.DowngradeOps) -> str:
    code = render_python_code(container, render_as_batch=True, render_item=render_item)
    code = re.sub(r"^\s*# ###.*\n?|,\n\s*info=\{.*\}$", "", code, flags=re.MULTILINE)
    return code.strip() or "pass"


@click.command()
@click.argument("battery")
@click.option("-m", "--message", default="Follow the models", help="Title of the revision.")
@click.option("--check", is_flag=True, help="Only say what differs; exit 1 if anything does.")
@click.option("--url", default="sqlite://", help="An empty database to check in.")
def main(battery: str, message: str, url: str, *, check: bool) -> None:
    """Write the next revision of a bundled BATTERY."""
    if check:
        found = steps(what_differs(battery, PACKAGE / battery / "migrations", url).upgrade_ops)
        click.echo("\n".join(map(words, found)) or "nothing differs")
        sys.exit(bool(found))
    written = write_next(battery, message)
    click.echo(f"wrote {written}" if written else "nothing changed")


if __name__ == "__main__":
    main()
