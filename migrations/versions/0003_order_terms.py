"""What an order is looked for by stands in a narrow table of its own; two indexes of states instead of eight others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GONE = {
    "ix_orders_status": ["status", "received_at", "id"],
    "ix_orders_fulfilment": ["fulfilment_status", "received_at", "id"],
    "ix_orders_channel": ["channel_id", "received_at", "id"],
    "ix_orders_customer": ["customer_id", "received_at", "id"],
    "ix_orders_channel_number": ["channel_order_number"],
    "ix_orders_email": ["email_hash"],
    "ix_orders_phone": ["phone_hash"],
    "ix_orders_name": ["name_hash"],
}

# As `oms.orders.terms` writes it for a new order.
_FILL = """
    INSERT INTO order_term (term, received_at, order_id)
    SELECT t.term, o.received_at, o.id FROM orders o CROSS JOIN LATERAL (VALUES
        (CAST(encode(o.email_hash, 'hex') AS uuid)), (CAST(encode(o.phone_hash, 'hex') AS uuid)),
        (CAST(encode(o.name_hash, 'hex') AS uuid)), (CAST(md5(o.channel_order_number) AS uuid)), (o.customer_id)) AS t(term)
    WHERE t.term IS NOT NULL
    UNION
    SELECT l.sku_id, o.received_at, o.id FROM orders o JOIN order_line l ON l.order_id = o.id WHERE l.sku_id IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "order_term",
        sa.Column("term", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("term", "received_at", "order_id", name=op.f("pk_order_term")),
    )
    op.execute(
        """
        DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'oms_app') THEN
            GRANT SELECT, INSERT, UPDATE, DELETE ON order_term TO oms_app;
        END IF; END $$
        """
    )
    op.execute(_FILL)
    for name in _GONE:
        op.drop_index(name, table_name="orders")
    op.drop_index("ix_order_line_sku", table_name="order_line")
    op.create_index("ix_orders_states", "orders", ["status", "fulfilment_status", "received_at", "id"])
    op.create_index(
        "ix_orders_channel_states", "orders", ["channel_id", "status", "fulfilment_status", "received_at", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_orders_channel_states", table_name="orders")
    op.drop_index("ix_orders_states", table_name="orders")
    op.create_index("ix_order_line_sku", "order_line", ["sku_id"])
    for name, columns in _GONE.items():
        op.create_index(name, "orders", columns)
    op.drop_table("order_term")
