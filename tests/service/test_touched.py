"""What changed is taken once for all the times it changed within the rows that lie ahead (K-5)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from oms.db import new_id, new_ids
from oms.journey import touched
from oms.journey.models import Touched


def write(session: Session, subjects: list[object]) -> None:
    session.add_all(
        Touched(id=i, subject_id=subject) for i, subject in zip(new_ids(len(subjects)), subjects, strict=True)
    )
    session.flush()


def left(session: Session) -> list[object]:
    return [row.subject_id for row in session.query(Touched).order_by(Touched.id)]


def test_an_order_that_changed_several_times_is_taken_once_and_the_oldest_first(session: Session) -> None:
    """In a backlog each was counted three times, once for each stage that it had gone through since."""
    a, b, c = new_id(), new_id(), new_id()
    write(session, [a, b, a, c, a, b])
    assert touched.take(session, limit=1) == {a}
    assert left(session) == [b, c, b]
    assert touched.take(session, limit=2) == {b, c}
    assert left(session) == []
    assert touched.take(session, limit=2) == set()


def test_no_more_than_some_rows_ahead_are_looked_through(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = new_id(), new_id()
    write(session, [a, b, b, a])
    monkeypatch.setattr(touched, "_TAKE", touched._TAKE.replace(f"LIMIT {touched.AHEAD}", "LIMIT 3"))
    assert touched.take(session, limit=1) == {a}
    assert left(session) == [b, b, a]
