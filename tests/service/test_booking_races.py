"""A label is bought while its order is stopped: it is not bought, or it is taken back, whoever comes first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from oms import db, effects
from oms.aftersales import stopping
from oms.effects import Effect, Intent
from oms.errors import Fenced
from oms.journey import steps
from oms.journey.steps import Claimed, NewStep
from oms.orders import locking
from oms.settings import Settings
from oms.shipping import booking
from tests.conftest import CleanDatabase
from tests.connectors.sandbox_peers import Peer
from tests.factories.at_once import at_once
from tests.factories.carrier_house import House
from workers import outside
from workers.booking import BOOK


@pytest.fixture
def house(clean_database: CleanDatabase, app_settings: Settings, tmp_path: Path) -> Iterator[House]:
    peer = Peer("carrier", tmp_path, "--speed", "20").start()
    yield House(clean_database.database, app_settings, peer)
    peer.kill()


def _stop(session: Session, order_id: uuid.UUID) -> list[NewStep]:
    """The order is cancelled on the floor; the steps that follow stand."""
    now = db.now(session)
    locking.touch(session, order_ids=[order_id])
    opens, _ = stopping.stop(session, outcomes={order_id: "cancelled"}, spare=[], actor="mei", now=now)
    found = [step for new in opens.values() for step in new]
    steps.open_steps(session, found, now=now)
    return found


def _begin(session: Session, step: Claimed) -> Intent | None:
    """As the worker does: read what the call needs, and commit the intent of it."""
    now = db.now(session)
    found = booking.prepare(session, step=step, now=now)
    assert isinstance(found, booking.Booking)  # what is not committed yet stops nobody here
    return effects.intend(
        session, key=f"book:{found.parcel.reference}", kind="book", step_id=step.id, token=step.token, now=now
    )


def test_no_label_is_asked_for_once_the_order_is_being_stopped(house: House) -> None:
    house.packed()
    [claimed] = house.claim("book")
    order_id = house.parcel().order_id
    found = at_once(house.process.database, lambda s: _stop(s, order_id), lambda s: _begin(s, claimed))
    assert found.result() is None
    assert house.all(Effect) == []


def test_who_stops_an_order_whose_label_is_being_asked_for_has_it_taken_back(house: House) -> None:
    house.packed()
    [claimed] = house.claim("book")
    order_id = house.parcel().order_id
    opened = at_once(house.process.database, lambda s: _begin(s, claimed), lambda s: _stop(s, order_id)).result()
    assert "void_label" in [step.kind for step in opened]
    assert [effect.state for effect in house.all(Effect)] == ["intent"]


def test_a_step_that_another_took_over_calls_nobody(house: House) -> None:
    house.packed()
    [claimed] = house.claim("book")
    house.change("UPDATE step SET token = token + 1 WHERE kind = 'book'")
    with pytest.raises(Fenced):
        outside._prepare(house.process, BOOK, claimed)
    assert house.all(Effect) == []
