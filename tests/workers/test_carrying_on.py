"""A worker that holds an order goes on with what follows at once: in one transaction, each stage a step of its own.

Holds, fences, what stands already and what fails keep their meaning: then it goes one stage at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bench.goods import Company, company, order_json
from oms import db
from oms.catalog.models import Sku
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.invariants.check import check
from oms.journey import holds, steps, timeline
from oms.journey.holds import NewHold
from oms.journey.models import Step
from oms.journey.steps import Claimed, NewStep
from oms.orders import locking
from oms.orders.models import Order
from oms.settings import Settings
from tests.conftest import CleanDatabase
from workers import bindings, drain, handlers, inside
from workers.process import Process

STAGES = ("verify", "confirm", "allocate", "release")


class House:
    """A company whose orders are accepted and wait for `verify`."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.bound = bindings.handlers("inside")
        with process.database.transaction() as session:
            self.company: Company = company(session)

    def accept(self, numbers: Sequence[int], **changed: Any) -> None:
        bodies = [orjson.dumps(order_json(n, self.company.sku_codes) | changed) for n in numbers]
        with self.process.database.transaction() as session:
            messages = [NewMessage(f"evt-{n}", "webhook", body) for n, body in zip(numbers, bodies, strict=True)]
            inbox.receive(session, channel_id=self.company.channel_id, received=messages, now=db.now(session))
        while drain.drain_kind(self.process, "accept", self.bound):
            pass

    def drain(self, kind: str = "verify") -> None:
        drain.drain_kind(self.process, kind, self.bound)

    def claim(self, kind: str = "verify") -> list[Claimed]:
        with self.process.database.transaction() as session:
            return steps.claim(session, kind=kind, limit=200, lease_s=30, worker=self.process.name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.process.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def stages(self, number: int) -> dict[str, str]:
        """Stage -> its state or, when it is done, its outcome."""
        found = self.rows(
            "SELECT s.kind, CASE s.state WHEN 'done' THEN s.outcome ELSE s.state END FROM step s"
            f" JOIN orders o ON o.id = s.order_id AND o.channel_order_id = 'B{number:08d}'"
            f" WHERE s.kind IN {STAGES} ORDER BY s.opened_at, s.id"
        )
        return dict(found)

    def sound(self) -> None:
        with self.process.database.transaction() as session:
            assert check(session) == []

    def order(self, session: Session, number: int) -> Order:
        return session.scalars(select(Order).where(Order.channel_order_id == f"B{number:08d}")).one()


@pytest.fixture
def house(clean_database: CleanDatabase, app_settings: Settings) -> House:
    return House(Process(app_settings, clean_database.database, "test"))


PASSED = {"verify": "passed", "confirm": "effective", "allocate": "allocated", "release": "released"}


def test_an_accepted_order_is_released_in_one_go_and_each_stage_is_a_fact(house: House) -> None:
    house.accept([1, 2])
    house.drain()
    assert house.stages(1) == house.stages(2) == PASSED
    with house.process.database.transaction() as session:
        found = {s.kind: s for s in session.scalars(select(Step).where(Step.order_id == house.order(session, 1).id))}
        for before, kind in zip((None, *STAGES), STAGES, strict=False):
            step = found[kind]
            assert (step.attempt, step.token, step.worker, step.finished_by) == (1, 1, "test", "system")
            assert step.opened_at <= step.finished_at <= step.due_at
            assert step.claimed_at is not None
            assert before is None or step.parent_id == found[before].id
    # The order's own promise would have been split at once: only its fulfilment's pair was written.
    pairs = Counter(house.rows("SELECT kind, subject_type, state FROM step WHERE kind IN ('collect', 'deliver')"))
    assert pairs == {("collect", "fulfilment", "open"): 2, ("deliver", "fulfilment", "open"): 2}
    with house.process.database.transaction() as session:
        told = [(e.what, e.event) for e in timeline.of_order(session, order_id=house.order(session, 1).id)]
    stages = [(what, kind) for what, kind in told if kind in STAGES]
    assert stages == [(what, kind) for kind in STAGES for what in ("opened", "ended")]
    assert told.index(("told", "status.confirmed")) < told.index(("opened", "allocate"))
    house.sound()


def test_the_orders_state_follows_however_far_it_is_carried(house: House) -> None:
    house.accept([1])
    line = order_json(2, house.company.sku_codes)["lines"][0]
    house.accept([2], lines=[{**line, "sku": house.company.sku_codes[-1], "qty": "6"}])
    with house.process.database.transaction() as session:
        scarce = session.scalars(select(Sku.id).where(Sku.code == house.company.sku_codes[-1])).one()
        session.execute(text("UPDATE stock SET safety = on_hand - 2 WHERE sku_id = :sku"), {"sku": scarce})
    house.drain()
    assert house.stages(1) == PASSED
    assert house.stages(2) == {"verify": "passed", "confirm": "effective", "allocate": "short"}
    states = house.rows("SELECT channel_order_id, status, fulfilment_status FROM orders ORDER BY channel_order_id")
    assert states == [("B00000001", "in_fulfilment", "scheduled"), ("B00000002", "confirmed", "backordered")]
    house.sound()


def test_a_held_order_waits_for_its_review_while_its_neighbours_go_on(house: House) -> None:
    house.accept([1], ship_to=None)
    house.accept([2])
    house.drain()
    assert house.stages(1) == {"verify": "held"}
    assert house.stages(2) == PASSED
    house.sound()


def test_an_order_that_a_person_holds_meanwhile_is_not_carried_on(house: House) -> None:
    house.accept([1, 2])
    claimed = house.claim()
    with house.process.database.transaction() as session:
        now = db.now(session)
        order_id = house.order(session, 1).id
        locking.touch(session, order_ids=[order_id])
        # As a hold that spares what is being worked on, so that the worker is not fenced either.
        spared = [step.id for step in claimed if step.subject_id == order_id]
        hold = NewHold(order_id, "asked", "order_manager", {"en": "wait"}, now + timedelta(hours=1))
        holds.place(session, [hold], by="staff:x", now=now, except_steps=spared)
    inside.work(house.process, house.bound, claimed)
    assert house.stages(1) == {"verify": "passed", "confirm": "paused"}
    assert house.stages(2) == PASSED
    house.drain("confirm")
    assert house.stages(1) == {"verify": "passed", "confirm": "paused"}
    house.sound()


def test_an_order_that_was_taken_over_leaves_the_batch_with_nothing_written(house: House) -> None:
    house.accept([1, 2, 3])
    claimed = house.claim()
    with house.process.database.transaction() as session:
        order_id = house.order(session, 2).id
        steps.cancel(session, subject_ids=[order_id], by="staff:x", now=db.now(session), kinds=["verify"])
    inside.work(house.process, house.bound, claimed)
    assert house.stages(1) == house.stages(3) == PASSED
    assert house.stages(2) == {"verify": "cancelled"}
    assert house.rows("SELECT count(*) FROM confirmation") == [(2,)]


def test_what_fails_late_keeps_the_stages_before_it_and_takes_no_neighbour_with_it(house: House) -> None:
    house.accept(range(1, 6))
    line = order_json(6, house.company.sku_codes)["lines"][0]
    house.accept([6], lines=[{**line, "sku": house.company.sku_codes[-1], "qty": "6"}])
    with house.process.database.transaction() as session:
        # Nothing there, yet free by a safety stock below zero: only the ledger's own check refuses it.
        session.execute(
            text(
                "UPDATE stock SET safety = -100 - on_hand, on_hand = 0 WHERE sku_id = (SELECT id FROM sku WHERE code = :c)"
            ),
            {"c": house.company.sku_codes[-1]},
        )
    house.drain()
    for number in range(1, 6):
        assert house.stages(number) == PASSED
    assert house.stages(6) == {"verify": "passed", "confirm": "open"}
    house.drain("confirm")
    assert house.stages(6) == {"verify": "passed", "confirm": "effective", "allocate": "open"}
    house.drain("allocate")
    [(state, attempt, error)] = house.rows(
        "SELECT state, attempt, error FROM step WHERE kind = 'allocate' AND state <> 'done'"
    )
    assert (state, attempt) == ("open", 1)
    assert "never_oversold" in error
    assert house.rows("SELECT count(*), count(DISTINCT order_id) FROM confirmation") == [(6, 6)]


def test_a_stage_that_stands_already_is_not_done_twice(house: House) -> None:
    house.accept([1, 2])
    with house.process.database.transaction() as session:
        order = house.order(session, 1)
        steps.open_steps(session, [NewStep("confirm", order.id, order_id=order.id)], now=db.now(session))
    house.drain()
    assert house.stages(1) == {"verify": "passed", "confirm": "open"}
    assert house.stages(2) == PASSED
    house.drain("confirm")
    assert house.stages(1) == PASSED
    assert house.rows("SELECT count(*), count(DISTINCT order_id) FROM confirmation") == [(2, 2)]
    house.sound()


def test_a_worker_that_dies_in_the_middle_leaves_the_order_where_it_was(house: House) -> None:
    house.accept([1])
    claimed = house.claim()

    class Killed(BaseException):
        pass

    def die(*_given: object) -> NoReturn:
        raise Killed

    broken = {**house.bound, "release": handlers.Inside(die)}
    with pytest.raises(Killed):
        inside.work(house.process, broken, claimed)
    assert house.stages(1) == {"verify": "claimed"}
    with house.process.database.transaction() as session:
        session.execute(update(Step).values(lease_until=text("clock_timestamp()")).where(Step.kind == "verify"))
    house.drain()
    assert house.stages(1) == PASSED
    assert house.rows("SELECT attempt, token FROM step WHERE kind = 'verify'") == [(2, 2)]
    house.sound()
