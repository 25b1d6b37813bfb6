"""Add saved queries.

Revision: admin_0004, follows: admin_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "admin_0004"
down_revision = "admin_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_query",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("shown_as", sa.String(length=16), nullable=False),
        sa.Column("permission", sa.String(length=128), nullable=False),
        sa.Column("is_on_board", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_admin_query_author_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_query")),
    )
    with op.batch_alter_table("admin_query", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_query_author_id"), ["author_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("admin_query", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admin_query_author_id"))

    op.drop_table("admin_query")
