"""Entries of an order are found by the order; the index by subject holds only those that belong to none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_history_subject", table_name="history_entry")
    op.create_index(
        "ix_history_subject", "history_entry", ["subject_id", "id"], postgresql_where=sa.text("order_id IS NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_history_subject", table_name="history_entry")
    op.create_index("ix_history_subject", "history_entry", ["subject_id", "id"])
