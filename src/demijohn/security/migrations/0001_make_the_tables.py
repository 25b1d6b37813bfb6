"""Make the tables.

Revision: security_0001, follows: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "security_0001"
down_revision = None
branch_labels = ("demijohn_security",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "throttle_key",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("busy_until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_throttle_key")),
    )
    with op.batch_alter_table("throttle_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_throttle_key_busy_until_us"), ["busy_until_us"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("throttle_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_throttle_key_busy_until_us"))

    op.drop_table("throttle_key")
