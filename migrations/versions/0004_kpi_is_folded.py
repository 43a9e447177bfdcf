"""KPI lines and sums are kept as the facts change, not counted anew at each view."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("touched", "kpi_count", "kpi_recount", "kpi_fold")

_SUMS = """
    INSERT INTO kpi_count (month, dimension, value, kpi, lines, hit, "of", caught, escaped)
    SELECT m.month, coalesce(f.dimension, ''), coalesce(f.value, ''), f.kpi, 1, f.hit, f."of", coalesce(f.caught, 0),
           coalesce(f.escaped, 0)
    FROM kpi_month m CROSS JOIN LATERAL jsonb_to_recordset(m.figures)
         AS f(kpi text, dimension text, value text, hit bigint, "of" bigint, caught bigint, escaped bigint)
    WHERE m.closed_at IS NOT NULL
"""
# What is not closed is counted from its facts by the next fold.
_TOUCH = """
    INSERT INTO touched (id, subject_id)
    SELECT gen_random_uuid(), u.id
    FROM (SELECT DISTINCT coalesce(order_id, subject_id) AS id FROM step WHERE due_at > now() - interval '130 days') u
"""
_FIGURES = """
    UPDATE kpi_month SET figures = (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kpi', c.kpi, 'dimension', nullif(c.dimension, ''), 'value', nullif(c.value, ''), 'hit', c.hit, 'of', c."of",
            'caught', c.caught, 'escaped', c.escaped)), '[]') FROM kpi_count c WHERE c.month = kpi_month.month)
"""
_POSITIONS = """
    UPDATE kpi_line SET position = p.place
    FROM (SELECT month, kpi, fact_id, row_number() OVER (PARTITION BY month, kpi ORDER BY fact_id) AS place FROM kpi_line) p
    WHERE kpi_line.month = p.month AND kpi_line.kpi = p.kpi AND kpi_line.fact_id = p.fact_id
"""


def upgrade() -> None:
    op.create_table(
        "touched",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touched")),
    )
    op.create_table(
        "kpi_count",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("month", "dimension", "value", "kpi")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("lines", "hit", "of", "caught", "escaped")),
        sa.PrimaryKeyConstraint("month", "dimension", "value", "kpi", name=op.f("pk_kpi_count")),
    )
    op.create_table(
        "kpi_recount",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_kpi_recount")),
    )
    op.create_index("ix_kpi_recount_at", "kpi_recount", ["at"])
    op.create_table(
        "kpi_fold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_kpi_fold_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_fold")),
    )
    for table in _TABLES:
        op.execute(
            f"""
            DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'oms_app') THEN
                GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO oms_app;
            END IF; END $$
            """
        )
    op.execute(_SUMS)
    op.execute(_TOUCH)
    op.drop_column("kpi_month", "figures")
    _lines_by_fact()


def _lines_by_fact() -> None:
    op.add_column("kpi_line", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE kpi_line SET unit_id = coalesce(order_id, fact_id)")
    op.alter_column("kpi_line", "unit_id", nullable=False)
    op.drop_constraint("pk_kpi_line", "kpi_line", type_="primary")
    op.drop_column("kpi_line", "position")
    op.create_primary_key(op.f("pk_kpi_line"), "kpi_line", ["month", "kpi", "fact_id"])
    op.drop_index("ix_kpi_line_order", table_name="kpi_line")
    op.create_index("ix_kpi_line_unit", "kpi_line", ["unit_id"])


def downgrade() -> None:
    op.drop_index("ix_kpi_line_unit", table_name="kpi_line")
    op.create_index("ix_kpi_line_order", "kpi_line", ["order_id"])
    op.drop_constraint("pk_kpi_line", "kpi_line", type_="primary")
    op.add_column("kpi_line", sa.Column("position", sa.Integer(), nullable=True))
    op.execute(_POSITIONS)
    op.alter_column("kpi_line", "position", nullable=False)
    op.create_primary_key(op.f("pk_kpi_line"), "kpi_line", ["month", "kpi", "position"])
    op.drop_column("kpi_line", "unit_id")
    op.execute(
        "DELETE FROM kpi_line l WHERE NOT EXISTS (SELECT 1 FROM kpi_month m WHERE m.month = l.month AND m.closed_at IS NOT NULL)"
    )
    op.add_column("kpi_month", sa.Column("figures", sa.dialects.postgresql.JSONB(), nullable=True))
    op.execute(_FIGURES)
    op.alter_column("kpi_month", "figures", nullable=False)
    for table in reversed(_TABLES):
        op.drop_table(table)
