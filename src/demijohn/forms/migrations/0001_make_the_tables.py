"""Make the tables.

Revision: forms_0001, follows: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "forms_0001"
down_revision = None
branch_labels = ("demijohn_forms",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_submission",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until_s", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_form_submission")),
    )
    with op.batch_alter_table("form_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_submission_until_s"), ["until_s"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("form_submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_submission_until_s"))

    op.drop_table("form_submission")
