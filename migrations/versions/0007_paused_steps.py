"""Paused steps are counted by an index of their own, not by reading all that ever were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_step_paused", "step", ["kind"], postgresql_where=sa.text("state = 'paused'"))


def downgrade() -> None:
    op.drop_index("ix_step_paused", table_name="step")
