"""T2: one worker is frozen for good and one carrier is a black hole; all else must finish, the rest waits with its reason.

Orders to Germany can only go by that carrier, which takes connections and never says a word; nobody wakes the worker
whom the seed chose, so the sweep has to see that his queue is stuck and do his work.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import time as day_time
from decimal import Decimal
from functools import partial

from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms import db
from oms.demo.people import CUSTOMERS
from oms.inventory.models import Warehouse
from oms.parties.models import Carrier, CarrierService
from tests.torture import ledgers, plan, traffic, verdict
from tests.torture.house import BULK, House, Leases, built
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.verdict import Findings, Outcome

#: Everything that does not depend on the carrier is done within this.
LIMIT_S = 300.0
ENDED = frozenset({"closed", "cancelled"})
_ABROAD = "anna"
_STATES = text("""
    SELECT o.channel_order_id AS id, o.status, EXISTS (
        SELECT 1 FROM parcel p JOIN carrier c ON c.id = p.carrier_id WHERE p.order_id = o.id AND c.name = 'hole') AS by_hole
    FROM orders o JOIN channel ch ON ch.id = o.channel_id WHERE ch.name = :channel
""")
_UNSENT = text("""
    SELECT m.template, count(*) AS mails FROM message m JOIN orders o ON o.id = m.order_id JOIN channel ch ON ch.id = o.channel_id
    WHERE ch.name = :channel AND o.status IN ('closed', 'cancelled') AND m.status = 'waiting' GROUP BY 1 ORDER BY 1
""")
_WAITING = text("""
    SELECT s.state, s.error, s.attempt FROM step s JOIN parcel p ON p.id = s.subject_id JOIN carrier c ON c.id = p.carrier_id
    WHERE s.kind = 'book' AND c.name = 'hole' AND s.state IN ('open', 'claimed', 'parked')
""")


@dataclass(frozen=True, slots=True)
class Form:
    orders: int
    seconds: float


SHORT, LONG = Form(40, 5), Form(400, 40)


def run(options: Options) -> Outcome:
    """One run of T2."""
    form = LONG if options.long else SHORT
    outcome = Outcome("t2", options.seed, long=options.long)
    victim = ("worker inside", "worker outside")[options.seed % 2]
    with built(leases=Leases(3, 8), keep=options.keep) as made, _black_hole() as port:
        options.say(f"t2: {form.orders} orders, {victim} frozen for good, seed {options.seed}, in {made.folder}")
        made.open()
        with made.database() as session:
            _carrier(session, port)
        shots = _shots(options.seed, form)
        began = time.monotonic()
        _work(made, shots, victim)
        done = made.watch(partial(_all_else_done, made, form.orders), limit_s=LIMIT_S)
        outcome.figures |= {"frozen": victim, "all_else_done_s": round(time.monotonic() - began, 1)}
        if not done:
            outcome.wrong.append(f"what does not depend on the carrier was not done after {LIMIT_S:.0f} s")
            # Only then: people go on, and a mail of the last second is none that nobody sends.
            with made.database() as session:
                outcome.wrong += unsent(session, channel=BULK)
        _judge(made, shots, outcome)
    return outcome


def _work(made: House, shots: list[Shot], victim: str) -> None:
    sender = traffic.live(made, shots)
    soonest = time.monotonic() + 2.0
    made.watch(lambda: time.monotonic() > soonest and bool(made.processes().get(victim)), limit_s=60)
    os.kill(made.processes()[victim][0], signal.SIGSTOP)
    made.watch(lambda: sender.poll() is not None, limit_s=120)


def _shots(seed: int, form: Form) -> list[Shot]:
    """A quarter goes abroad; late repeats are not waited for."""
    shots = plan.make(seed, orders=form.orders, seconds=form.seconds)
    return [_abroad(shot) if shot.order_id and goes_abroad(shot.order_id) else shot for shot in shots]


def goes_abroad(order_id: str) -> bool:
    """Whether only the black hole could carry it."""
    return int(order_id[-6:]) % 4 == 0


def _abroad(shot: Shot) -> Shot:
    content = json.loads(shot.body)
    content["ship_to"] = CUSTOMERS[_ABROAD].ship_to()
    return replace(shot, body=json.dumps(content, ensure_ascii=False).encode())


@contextmanager
def _black_hole() -> Iterator[int]:
    """A port that lets connect and never answers."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(512)
        yield hole.getsockname()[1]


def _carrier(session: Session, port: int) -> None:
    """The carrier that nobody beats in price to Germany."""
    carrier = Carrier(name="hole", source="sandbox", base_url=f"http://127.0.0.1:{port}", api_key="x" * 16, secrets=[])
    session.add(carrier)
    session.flush()
    row = {
        "carrier_id": carrier.id, "service": "economy", "country": "DE", "cut_off": day_time(23, 59), "transit_days": 3,
        "base_price": Decimal(1), "price_per_kg": Decimal("0.1"), "currency": "CNY", "max_weight_g": 30000,
    }  # fmt: skip
    houses = session.execute(select(Warehouse.id)).scalars()
    session.execute(insert(CarrierService), [{**row, "id": db.new_id(), "warehouse_id": house} for house in houses])


def _all_else_done(made: House, orders: int) -> bool:
    try:
        with made.database() as session:
            rows = session.execute(_STATES, {"channel": BULK}).all()
            waits = unsent(session, channel=BULK)
    except OperationalError:
        return False
    return len(rows) == orders and not waits and not undone({row.id: (row.status, row.by_hole) for row in rows})


def unsent(session: Session, *, channel: str) -> list[str]:
    """Mails to customers of orders that have ended: none of them waits for a carrier, though the same worker calls both."""
    rows = session.execute(_UNSENT, {"channel": channel})
    return [f"{row.mails} mails {row.template} of ended orders are not sent" for row in rows]


def undone(found: Mapping[str, tuple[str, bool]]) -> list[str]:
    """Orders (status, whether the black hole has a parcel of it) that ought to have ended, or to wait for that carrier alone.

    The product's own choice of a carrier is no excuse: what did not go abroad needs none that is a black hole.
    """
    return [
        f"{order} is {status}" + (" and was given to the carrier that is none" if by_hole else "")
        for order, (status, by_hole) in sorted(found.items())
        if status not in ENDED and not (by_hole and goes_abroad(order))
    ]


def _judge(made: House, shots: list[Shot], outcome: Outcome) -> None:
    acks = traffic.read(made.folder / "acked.jsonl")
    outcome.wrong += ledgers.answers(acks)
    if len(acks) != len(shots):
        outcome.wrong.append(f"{len(shots)} deliveries were planned, {len(acks)} were answered")
    with made.database() as session:
        outcome.wrong += ledgers.accepted(session, acks, channel=BULK) + ledgers.orders(
            session, shots, acks, channel=BULK
        )
        rows = session.execute(_STATES, {"channel": BULK}).all()
        waiting = session.execute(_WAITING).all()
    outcome.wrong += undone({row.id: (row.status, row.by_hole) for row in rows})
    outcome.wrong += [
        f"a booking waits as {r.state} without a reason" for r in waiting if not r.error and r.attempt > 1
    ]
    if not waiting:
        outcome.wrong.append("no booking waits for the black-holed carrier: the run proves nothing")
    found = Findings()
    verdict.house_in_order(made, found)
    outcome.wrong += found.wrong
    outcome.figures |= found.figures | {
        "orders": len(rows), "finished": sum(r.status in ENDED for r in rows),
        "bookings_waiting": len(waiting), "with_reason": sorted({str(r.error)[:80] for r in waiting if r.error}),
    }  # fmt: skip
