"""Note replaced ids.

Revision: sessions_0002, follows: sessions_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "sessions_0002"
down_revision = "sessions_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retired_session_id",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_session.id"],
            name=op.f("fk_retired_session_id_session_id_user_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retired_session_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_retired_session_id_digest")),
    )
    with op.batch_alter_table("retired_session_id", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retired_session_id_session_id"), ["session_id"], unique=False)

    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_column("renewed_at")

    with op.batch_alter_table("retired_session_id", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retired_session_id_session_id"))

    op.drop_table("retired_session_id")
