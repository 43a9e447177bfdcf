"""Sealing looks back to where all is sealed, no longer through the whole history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seal_head", sa.Column("settled_at", sa.DateTime(timezone=True)))
    op.add_column("seal_head", sa.Column("searched_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("seal_head", "searched_at")
    op.drop_column("seal_head", "settled_at")
