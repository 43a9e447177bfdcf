"""T10, the history test: 16 clients under faults, and a checker that says whether what they saw can be.

Appends and reads of tickets' notes, orders by webhook with newer and older versions, reads of orders and of scarce stock.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from oms import db
from oms.accounts import api_keys
from oms.invariants import check
from oms.orders.states import ORDER
from tests.torture import history_check, history_clients, verdict
from tests.torture.faults import Harm, Pace
from tests.torture.history_clients import NOTES_A_TICKET, Plan
from tests.torture.house import House, Leases, built
from tests.torture.options import Options
from tests.torture.outcome import fault_log
from tests.torture.verdict import Outcome

CLIENTS, PROCESSES = 16, 4
#: Of ten operations three are notes.
_NOTES = 0.3


@dataclass(frozen=True, slots=True)
class Form:
    """Operations in all; with `seconds` the run ends then, whatever was done."""

    operations: int
    seconds: float
    pace: Pace
    #: operations without which the run proves nothing: a slow machine gets `LONGER_S` more for them, without faults
    least: int


SHORT = Form(20_000, 16, Pace(1.0, frozen_s=3.5, postgresql_every_s=16, redis_every_s=9, flush_every_s=12), 200)
LONGER_S = 90.0
LONG = Form(240_000, 3600, Pace(), 200_000)


def run(options: Options) -> Outcome:
    """One run of T10; `Outcome.wrong` holds what cannot be."""
    form = LONG if options.long else SHORT
    with built(leases=Leases(3, 6), keep=options.keep) as made:
        options.say(f"t10: {CLIENTS} clients, seed {options.seed}, in {made.folder}")
        made.open()
        records, harm = suffer(made, form, options)
        options.say(f"  {len(harm.done)} faults done; checking")
        history, strange = history_clients.read(records)
        outcome = Outcome("t10", options.seed, long=options.long)
        moves = {status: frozenset(after) for status, after in ORDER.moves.items()}
        outcome.wrong += history_check.anomalies(history, moves=moves) + strange
        verdict.drain(made, limit_s=20)
        with made.database() as session:
            outcome.wrong += [f"invariant {row}" for row in check.check(session, names=NAMES)]
        if len(history) < form.least:
            outcome.wrong.append(f"only {len(history)} operations, wanted {form.least}")
        outcome.figures |= {
            "operations": len(history),
            "by_kind": dict(Counter(f"{operation.kind}: {operation.told}" for operation in history)),
            "faults": len(harm.done),
            "by_label": harm.counts(),
        }
        outcome.faults = fault_log((fault.at, fault.label) for fault in harm.done)
        return outcome


#: Invariants that hold at any moment; the others are asked when all has come to rest.
NAMES = ("never_oversold", "balance_is_sum_of_moves", "one_order_for_each_channel_order", "totals_hold")


def suffer(made: House, form: Form, options: Options) -> tuple[list[Path], Harm]:
    """Clients at work, harm at its pace, until all clients are done."""
    keys = _keys(made)
    share = form.operations // CLIENTS
    tickets = _tickets(made, max(6, int(form.operations * _NOTES / NOTES_A_TICKET)) if options.long else 12)
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
