"""Note things with mailed tokens.

Revision: auth_0002, follows: auth_0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "auth_0002"
down_revision = "auth_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.drop_column("payload")
