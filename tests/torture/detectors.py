"""Instruments in the database of every house, for what breaks no invariant: a step that ends twice, neighbours that die.

The positive controls show that they see it: `no_fence` and `lost_together` are caught by these alone.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Writes down each step of ours that is ended after it had ended; one trigger, which fires in a broken product only.
INSTALL = """
    CREATE TABLE torture_ended_again (step_id uuid, kind text);
    CREATE FUNCTION torture_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO torture_ended_again VALUES (NEW.id, NEW.kind); RETURN NULL; END $$;
    CREATE TRIGGER torture_note AFTER UPDATE ON step FOR EACH ROW
        WHEN (OLD.state IN ('done', 'cancelled') AND NEW.state = 'done' AND OLD.performer = 'system')
        EXECUTE FUNCTION torture_note();
"""
#: Lost workers that a step may have seen; more are no chance, but a neighbour that kills its process.
MOST_ATTEMPTS = 6

_AGAIN = text("SELECT kind, step_id FROM torture_ended_again LIMIT 5")
_TOGETHER = text("""
    SELECT count(*) FILTER (WHERE s.attempt > :most) AS steps, coalesce(max(s.attempt), 0) AS attempts
    FROM step s JOIN orders o ON o.id = s.order_id WHERE s.kind = 'verify' AND o.channel_order_id NOT LIKE :killer
""")


def ended_again(session: Session) -> list[str]:
    """Steps that ended again after they had ended: somebody wrote whose lease was another's by then."""
    return [f"FENCE: {row.kind} {row.step_id} ended again after it had ended" for row in session.execute(_AGAIN)]


def died_together(session: Session, *, killer: str) -> list[str]:
    """A step may lose its worker to what is done to workers, but not again and again with a killer's (SQL LIKE of its order)."""
    found = session.execute(_TOGETHER, {"most": MOST_ATTEMPTS, "killer": killer}).one()
    return [f"TOGETHER: {found.steps} steps died up to {found.attempts} times"] if found.steps else []
