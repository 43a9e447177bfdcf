"""A parcel that will never arrive is told so: since when, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parcel", sa.Column("undelivered_at", sa.DateTime(timezone=True)))
    op.add_column("parcel", sa.Column("undelivered_as", sa.Text()))


def downgrade() -> None:
    op.drop_column("parcel", "undelivered_as")
    op.drop_column("parcel", "undelivered_at")
