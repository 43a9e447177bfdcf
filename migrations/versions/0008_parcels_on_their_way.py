"""Parcels on their way are found by an index of their own, not by reading all that a carrier ever took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("waybill_number IS NOT NULL AND delivered_at IS NULL")
    op.create_index("ix_parcel_on_its_way", "parcel", ["carrier_id"], postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_parcel_on_its_way", table_name="parcel")
