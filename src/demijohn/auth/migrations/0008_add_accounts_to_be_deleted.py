"""Add accounts to be deleted.

Revision: auth_0008, follows: auth_0007
"""

import sqlalchemy as sa
from alembic import op

revision = "auth_0008"
down_revision = "auth_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_deletion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_account_deletion_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_deletion")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_deletion_user_id")),
    )
    with op.batch_alter_table("account_deletion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_deletion_due_at"), ["due_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("account_deletion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_deletion_due_at"))

    op.drop_table("account_deletion")
