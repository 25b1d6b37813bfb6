"""Add preferences.

Revision: admin_0005, follows: admin_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "admin_0005"
down_revision = "admin_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_preference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_admin_preference_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_preference")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_admin_preference_user_id_name")),
    )


def downgrade() -> None:
    op.drop_table("admin_preference")
