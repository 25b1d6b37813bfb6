"""add saved views.

Revision: admin_0003, follows: admin_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "admin_0003"
down_revision = "admin_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_name", sa.String(length=128), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_admin_saved_view_owner_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_saved_view")),
    )
    with op.batch_alter_table("admin_saved_view", schema=None) as batch_op:
        batch_op.create_index("ix_admin_saved_view_list_name", ["list_name", "is_shared"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_saved_view_owner_id"), ["owner_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("admin_saved_view", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admin_saved_view_owner_id"))
        batch_op.drop_index("ix_admin_saved_view_list_name")

    op.drop_table("admin_saved_view")
