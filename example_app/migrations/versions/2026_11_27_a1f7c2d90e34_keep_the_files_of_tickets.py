"""Keep the files of tickets

Revision ID: a1f7c2d90e34
Revises: d4c8a1ea1e2f
Create Date: 2026-11-27 08:45:12.104512
"""

import sqlalchemy as sa
from alembic import op

revision = 'a1f7c2d90e34'
down_revision = 'd4c8a1ea1e2f'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('DELETE FROM attachment')  # names of files that were kept nowhere
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('file', sa.String(length=1000), nullable=False))
        batch_op.drop_column('file_name')
        batch_op.drop_column('media_type')
        batch_op.drop_column('size_bytes')


def downgrade() -> None:
    op.execute('DELETE FROM attachment')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('file_name', sa.String(length=255), nullable=False))
        batch_op.add_column(sa.Column('media_type', sa.String(length=255), nullable=False))
        batch_op.add_column(
            sa.Column('size_bytes', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False)
        )
        batch_op.drop_column('file')
