"""Due steps are found by their hour, not among all that wait for theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_step_run_after",
        "step",
        ["kind", "run_after"],
        postgresql_where=sa.text("state = 'open' AND performer = 'system'"),
    )


def downgrade() -> None:
    op.drop_index("ix_step_run_after", table_name="step")
