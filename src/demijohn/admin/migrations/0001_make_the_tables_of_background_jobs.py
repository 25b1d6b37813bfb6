"""Make the tables of background jobs.

Revision: admin_0001, follows: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "admin_0001"
down_revision = None
branch_labels = ("demijohn_admin",)
depends_on = ("auth_0008",)


def upgrade() -> None:
    op.create_table(
        "admin_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mimetype", sa.String(length=100), nullable=False),
        sa.Column("permission", sa.String(length=128), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_admin_file_owner_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_file")),
    )
    with op.batch_alter_table("admin_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_file_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_file_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "admin_job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.String(length=320), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wants_cancel", sa.Boolean(), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("result_url", sa.String(length=1000), nullable=True),
        sa.Column("result_label", sa.String(length=80), nullable=False),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_admin_job_owner_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_job")),
    )
    with op.batch_alter_table("admin_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_job_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_job_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_admin_job_state_heartbeat_at", ["state", "heartbeat_at"], unique=False)

    op.create_table(
        "admin_file_part",
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["admin_file.id"], name=op.f("fk_admin_file_part_file_id_admin_file"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_admin_file_part")),
    )


def downgrade() -> None:
    op.drop_table("admin_file_part")
    with op.batch_alter_table("admin_job", schema=None) as batch_op:
        batch_op.drop_index("ix_admin_job_state_heartbeat_at")
        batch_op.drop_index(batch_op.f("ix_admin_job_owner_id"))
        batch_op.drop_index(batch_op.f("ix_admin_job_created_at"))

    op.drop_table("admin_job")
    with op.batch_alter_table("admin_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admin_file_owner_id"))
        batch_op.drop_index(batch_op.f("ix_admin_file_expires_at"))

    op.drop_table("admin_file")
