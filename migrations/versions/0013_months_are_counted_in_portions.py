"""A month of many orders is counted whole in portions before it is closed: since when, its row says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kpi_month", sa.Column("recount_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("kpi_month", "recount_at")
