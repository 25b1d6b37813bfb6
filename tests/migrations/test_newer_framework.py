"""A project with data inside meets a newer revision of a battery it stands on: nothing is lost."""

from market_project import Project

STOCKROOM = '''
from pathlib import Path
from demijohn import Battery, Model
from demijohn.section import Section
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

class Shelf(Model):
    __table_args__ = {"info": {"battery": "stock"}}
    code: Mapped[str] = mapped_column(sa.String(CODE))
    EXTRA

class StockSettings(Section):
    """None."""

stock = Battery(name="stock", section=StockSettings, init=lambda app, section: None, needs=("database",),
                models=lambda section: (Shelf,), migrations=Path(__file__).parent / "stock_migrations")
'''

FIRST = """
import sqlalchemy as sa
from alembic import op
revision = "stock_0001"
down_revision = None
branch_labels = ("stock",)
depends_on = None

def upgrade():
    op.create_table(
        "shelf",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shelf"),
    )

def downgrade():
    op.drop_table("shelf")
"""

SECOND = """
import sqlalchemy as sa
from alembic import op
revision = "stock_0002"
down_revision = "stock_0001"
branch_labels = None
depends_on = None

def upgrade():
    with op.batch_alter_table("shelf") as batch_op:
        batch_op.alter_column("code", type_=sa.String(60), existing_type=sa.String(40))
        batch_op.add_column(sa.Column("floor", sa.Integer(), nullable=False, server_default="0"))

def downgrade():
    with op.batch_alter_table("shelf") as batch_op:
        batch_op.drop_column("floor")
        batch_op.alter_column("code", type_=sa.String(40), existing_type=sa.String(60))
"""

ITEM = """
from stockroom import Shelf, stock

class Item(Model):
    name: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id", ondelete="CASCADE"))
"""


def release(project: Project, *, code: int, extra: str, **revisions: str) -> None:
    """Publish a version of the battery: its models and its revisions."""
    (project.folder / "stockroom.py").write_text(STOCKROOM.replace("CODE", str(code)).replace("EXTRA", extra))
    folder = project.folder / "stock_migrations"
    folder.mkdir(exist_ok=True)
    for name, text in revisions.items():
        (folder / f"{name}.py").write_text(text)


def test_project_with_data_is_upgraded_to_a_newer_battery_and_loses_nothing(project: Project) -> None:
    release(project, code=40, extra="", first=FIRST)
    project.models(ITEM, options=", batteries=[stock]")
    project.flask("db", "upgrade")
    project.migrate("Items")
    project.sql(
        "INSERT INTO shelf (code) VALUES ('A1'), ('A2')",
        "INSERT INTO item (name, shelf_id) VALUES ('screw', 1), ('nail', 2)",
    )

    release(
        project, code=60, extra="floor: Mapped[int] = mapped_column(sa.Integer, default=0)", first=FIRST, second=SECOND
    )
    behind = project.flask("db", "migrate", fails=True)
    applied = project.flask("db", "upgrade")

    assert "the database is behind its revisions" in behind.err
    assert "flask db upgrade" in behind.err
    assert "applied stock_0002" in applied.out
    assert project.sql("SELECT code, floor FROM shelf ORDER BY id") == [("A1", 0), ("A2", 0)]
    assert project.sql("SELECT name, shelf_id FROM item ORDER BY id") == [("screw", 1), ("nail", 2)]
    assert "nothing changed" in project.flask("db", "migrate").out
