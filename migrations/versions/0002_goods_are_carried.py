"""Goods carried between bins are one movement; papers are stored as they come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stock_move", sa.Column("to_bin_id", sa.Uuid(), nullable=True))
    op.add_column("stock_move", sa.Column("carried", sa.Numeric(precision=14, scale=3), nullable=True))
    op.create_check_constraint(
        op.f("ck_stock_move_carried"),
        "stock_move",
        "(to_bin_id IS NULL AND carried IS NULL)"
        " OR (bin_id IS NOT NULL AND to_bin_id IS NOT NULL AND carried > 0 AND on_hand = 0 AND reserved = 0)",
    )
    # Nobody asks for the movements of an order, which its stops, parcels and lines name in their keys.
    op.drop_index("ix_stock_move_order", table_name="stock_move")
    # What is encrypted does not compress: it is not tried.
    op.execute("ALTER TABLE document ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE document ALTER COLUMN content SET STORAGE EXTENDED")
    op.create_index("ix_stock_move_order", "stock_move", ["order_id"])
    op.drop_constraint(op.f("ck_stock_move_carried"), "stock_move", type_="check")
    op.drop_column("stock_move", "carried")
    op.drop_column("stock_move", "to_bin_id")
