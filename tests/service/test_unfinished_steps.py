"""What waits is found by indexes of unfinished steps, however many are done."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import backlog, step_sql

RUNNING = f"SELECT subject_id FROM step WHERE {step_sql.RUNNING}"


@pytest.mark.parametrize("question", [RUNNING, backlog._UNFINISHED], ids=["running", "backlog"])
def test_no_done_step_is_read(session: Session, question: str):
    # On an empty table all plans cost the same: those that read everything are made dear.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_indexscan = off"))
    plan = "\n".join(session.execute(text(f"EXPLAIN {question}")).scalars())
    used = {line.split(" on ")[1].split()[0] for line in plan.splitlines() if "Bitmap Index Scan" in line}
    assert {"ix_step_claim", "ix_step_lease", "ix_step_worklist"} <= used, plan
    assert "Seq Scan" not in plan
