"""T10, the history test: 16 clients under faults, and a checker that says whether what they saw can be.

Appends and reads of tickets' notes, orders by webhook with newer and older versions, reads of orders and of scarce stock.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.accounts import api_keys
from oms.demo.robots.wire import Later
from oms.orders.states import ORDER
from tests.torture import history_check, history_clients, rest, verdict
from tests.torture.faults import Harm, Pace
from tests.torture.history_check import OK, READ, Operation
from tests.torture.history_clients import NOTES_A_TICKET, Plan
from tests.torture.house import BULK, House, Leases, built
from tests.torture.options import Options
from tests.torture.outcome import fault_log
from tests.torture.verdict import Outcome

CLIENTS, PROCESSES = 16, 4
#: Of ten operations three are notes.
_NOTES = 0.3
#: The house is looked after so often while tickets are read.
_LOOK_S = 0.5
_STAND = text("""
    SELECT m.event_id FROM inbound_message m JOIN channel c ON c.id = m.channel_id
    WHERE c.name = :channel AND m.event_id = ANY(CAST(:events AS text[]))
""")


@dataclass(frozen=True, slots=True)
class Form:
    """Operations in all; with `seconds` the run ends then, whatever was done."""

    operations: int
    seconds: float
    pace: Pace
    #: operations without which the run proves nothing: a slow machine gets `LONGER_S` more for them, without faults
    least: int
    #: and so many faults
    faults: int
    #: what the clients left to the workers is done by then
    rest_s: float = 300.0


SHORT = Form(
    20_000, 16, Pace(1.0, frozen_s=3.5, postgresql_every_s=16, redis_every_s=9, flush_every_s=12), 200, faults=8
)
LONGER_S = 90.0
LONG = Form(240_000, 3600, Pace(), 200_000, faults=1000, rest_s=1800)


def run(options: Options) -> Outcome:
    """One run of T10; `Outcome.wrong` holds what cannot be."""
    form = LONG if options.long else SHORT
    with built(leases=Leases(3, 6), keep=options.keep) as made:
        options.say(f"t10: {CLIENTS} clients, seed {options.seed}, in {made.folder}")
        made.open()
        tickets = _tickets(made, max(6, int(form.operations * _NOTES / NOTES_A_TICKET)) if options.long else 12)
        records, harm = suffer(made, form, options, tickets)
        options.say(f"  {len(harm.done)} faults done; checking")
        history, strange = history_clients.read(records)
        outcome = Outcome("t10", options.seed, long=options.long)
        moves = {status: frozenset(after) for status, after in ORDER.moves.items()}
        last, unread = last_reads(made, tickets)
        outcome.wrong += history_check.anomalies([*history, *last], moves=moves) + strange + unread
        with made.database() as session:
            outcome.wrong += lost(session, history_clients.accepted(records))
        _at_rest(made, form, outcome)
        if len(history) < form.least:
            outcome.wrong.append(f"only {len(history)} operations, wanted {form.least}")
        if len(harm.done) < form.faults:
            outcome.wrong.append(f"only {len(harm.done)} faults, wanted {form.faults}")
        outcome.figures |= {
            "operations": len(history),
            "by_kind": dict(Counter(f"{operation.kind}: {operation.told}" for operation in history)),
            "faults": len(harm.done),
            "by_label": harm.counts(),
        }
        outcome.faults = fault_log((fault.at, fault.label) for fault in harm.done)
        return outcome


def _at_rest(made: House, form: Form, outcome: Outcome) -> None:
    """When the machine has done all that it can: every invariant, the seals, the KPIs, the log.

    Nobody plans a wave here, so in the evening orders wait for tomorrow's first: that is rest too.
    """
    found = verdict.Findings()
    if due := rest.come(made, limit_s=form.rest_s):
        found.wrong.append(f"not at rest after {form.rest_s:.0f} s: still due {due}")
    with made.database() as session:
        found.wrong += verdict.parked(session)
    verdict.house_in_order(made, found)
    outcome.wrong += found.wrong
    outcome.figures |= found.figures


def suffer(made: House, form: Form, options: Options, tickets: list[str]) -> tuple[list[Path], Harm]:
    """Clients at work, harm at its pace, until all clients are done."""
    keys = _keys(made)
    share = form.operations // CLIENTS
    ends = time.monotonic() + form.seconds
    each = CLIENTS // PROCESSES
    plans = [
        Plan(
            options.seed, made.place.web_port, made.place.generic_secret, tuple(keys[at : at + each]), at, share,
            tuple(tickets), made.folder / f"history-{at}.jsonl", ends, 2 * form.least // CLIENTS, ends + LONGER_S,
        )
        for at in range(0, CLIENTS, each)
    ]  # fmt: skip
    children = [made.run_beside(f"clients-{plan.first}", partial(history_clients.live, plan)) for plan in plans]
    harm = Harm(made, form.pace, options.seed)

    def over() -> bool:
        if time.monotonic() < ends:
            harm.tick()
        else:
            harm.thaw()
        return all(child.poll() is not None for child in children)

    made.watch(over)
    return [plan.record for plan in plans], harm


def _keys(made: House) -> list[str]:
    """A key for each client: someone of the order desk."""
    with made.database() as session:
        now = db.now(session)
        return [
            api_keys.create(session, name=f"client {n}", roles=["order_specialist"], actor="torture", now=now).key
            for n in range(CLIENTS)
        ]


def _tickets(made: House, count: int) -> list[str]:
    """Tickets to write into, opened by one of the order desk."""
    chen = made.world().person("chen")
    body = {"kind": "complaint", "subject": "history", "body": "what came in which order"}
    return [chen.post("/tickets", body, key=f"history-{number}")["id"] for number in range(count)]


def last_reads(made: House, tickets: Sequence[str]) -> tuple[list[Operation], list[str]]:
    """Each ticket read once more when all have ended: what was written last and then lost nobody would have read.

    Also the tickets that could not be read.
    """
    chen, left = made.world().person("chen"), list(tickets)
    found: list[Operation] = []

    def over() -> bool:
        stop = time.monotonic() + _LOOK_S
        with suppress(Later):
            while left and time.monotonic() < stop:
                began = time.monotonic()
                seen = [note["text"] for note in chen.get(f"/tickets/{left[-1]}")["notes"]]
                found.append(Operation(CLIENTS, READ, f"ticket {left.pop()}", began, time.monotonic(), OK, "", seen))
        return not left

    made.watch(over, limit_s=LONGER_S)
    return found, [f"ticket {ticket} could not be read at the end" for ticket in left]


def lost(session: Session, accepted: Sequence[str]) -> list[str]:
    """Deliveries that were answered 2xx and do not stand."""
    rows = session.execute(_STAND, {"channel": BULK, "events": list(accepted)}).scalars()
    return [f"LOST: {event} was accepted and does not stand" for event in sorted(set(accepted) - set(rows))]
