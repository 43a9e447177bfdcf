"""A warehouse may lie in another time zone than the organisation: its carriers' hours are meant there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("warehouse", sa.Column("zone", sa.Text()))


def downgrade() -> None:
    op.drop_column("warehouse", "zone")
