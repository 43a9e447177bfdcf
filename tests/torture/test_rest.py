"""Rest of a house in which nobody works: what waits for its hour may wait, what waits for its next attempt may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.journey import steps
from oms.journey.steps import NewStep
from tests.torture import rest
from tests.torture.house import House


class _Made:
    """A house of which the database alone is asked."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @contextmanager
    def database(self) -> Iterator[Session]:
        yield self._session


@pytest.mark.parametrize(
    ("kind", "waits", "has", "due"),
    [
        ("wave", timedelta(hours=2), "", {}),
        ("release", timedelta(0), "", {"release": 1}),
        ("release", timedelta(seconds=64), "attempt = 4, error = 'could not extend file'", {"release": 1}),
        ("tell", timedelta(seconds=30), "error = 'smtp is resting'", {"tell": 1}),
        ("wave", timedelta(minutes=10), "attempt = 1, error = 'deadlock detected'", {"wave": 1}),
        ("accept", timedelta(minutes=10), "", {"accept": 1}),
        ("poll", timedelta(0), "attempt = 1", {}),
        ("review", timedelta(0), "", {}),
        ("release", timedelta(minutes=10), "state = 'parked', attempt = 5", {}),
    ],
)
def test_a_house_rests_when_nothing_is_due_and_nothing_to_be_tried_again(
    session: Session, kind: str, waits: timedelta, has: str, due: dict[str, int]
) -> None:
    now = db.now(session)
    steps.open_steps(session, [NewStep(kind, db.new_id(), run_after=now + waits)], now=now)
    if has:
        session.execute(text(f"UPDATE step SET {has}"))
    assert rest.due(cast(House, _Made(session))) == due
