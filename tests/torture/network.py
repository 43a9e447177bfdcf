"""T3: bad lines. Before PostgreSQL, Redis, carrier, shop, IMAP and SMTP stands a proxy with a schedule from the seed.

Late, slow, cut, reset, half-open, clogged, gone: orders come in and are worked on meanwhile. Then only the carrier's
line is broken, to see the circuit open; then all heals, and everything must come to rest with nothing lost or doubled.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from tests.torture import floor, plan, traffic, verdict
from tests.torture.house import BULK, House, Leases, built
from tests.torture.line_faults import FAULTS, Spell, schedule
from tests.torture.lines import DEPENDENCIES, Lines, Seen
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.verdict import Outcome
from workers import circuit, outside

#: Nobody waits longer than this for one byte, nor for a peer's whole answer.
BLOCKED_S = 30.0
#: Conversations that are one call each.
_CALLS = ("carrier", "shop", "smtp")
#: Failures in a row that open the circuit, and calls that other threads had begun before; the worker has a circuit and
#: the sweep, which works too when it is not heard, has its own.
_MOST_CALLS = 2 * (circuit.LIMIT + outside.THREADS - 1)
#: A step waits for the circuit's end, then for its turn.
_PROBE_S = circuit.REST_S + 6


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes. `alone_s`: how long the carrier alone is away at the end; `rounds` times each fault is wanted."""

    orders: int
    seconds: float
    spell_s: float
    rest_s: float
    alone_s: float
    drain_s: float
    leases: Leases
    least: int
    faults: int


SHORT = Form(60, 24, 3, 3, 8, 150, Leases(3, 62), least=1, faults=20)
LONG = Form(2_000, 420, 15, 10, 75, 1200, Leases(10, 62), least=1, faults=60)


def run(options: Options) -> Outcome:
    """One run of T3."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("t3", options.seed, long=options.long)
    shots = plan.make(options.seed, orders=form.orders, seconds=form.seconds)
    with built(leases=form.leases, keep=options.keep) as made:
        options.say(f"t3: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        lines = Lines(made.folder)
        lines.put_before(made, schedules(form, options.seed), seed=options.seed)
        made.open()
        _suffer(made, shots, lines, form, options)
        drained = verdict.drain(made, limit_s=form.drain_s)
        outcome.figures["drain_s"] = drained and round(drained, 1)
        if drained is None:
            outcome.wrong.append(f"not at rest {form.drain_s:.0f} s after the lines healed: {verdict.left(made)}")
        found = verdict.judge(made, shots)
        seen = lines.seen()
    outcome.wrong += found.wrong + blocked(seen) + reached(seen, form) + opened(seen["carrier"], form, outcome)
    outcome.figures |= found.figures | {f"{name} hits": one.hits for name, one in seen.items()}
    outcome.figures["longest wait s"] = {name: one.longest_wait_s for name, one in seen.items()}
    outcome.figures["longest call s"] = {name: seen[name].longest_line_s for name in _CALLS}
    outcome.figures["spells"] = sum(len(one.spells) for one in seen.values())
    return outcome


def schedules(form: Form, seed: int) -> dict[str, list[Spell]]:
    """Each dependency's spells; behind the carrier's stands the one during which it alone is away."""
    # Those who are called now and then would mostly be called in between.
    rests = dict.fromkeys(DEPENDENCIES, form.rest_s / 4) | {"postgresql": form.rest_s, "redis": form.rest_s}
    found = {
        name: schedule(seed, name, length_s=form.seconds, spell_s=form.spell_s, rest_s=rest_s)
        for name, rest_s in rests.items()
    }
    found["carrier"].append(Spell(form.seconds + 2, form.alone_s, FAULTS["reset at once"]))
    return found


def _suffer(made: House, shots: list[Shot], lines: Lines, form: Form, options: Options) -> None:
    sender = made.run_beside(
        "traffic",
        partial(
            traffic.send, shots, port=made.place.web_port, channel=BULK, secret=made.place.generic_secret,
            ledger=made.folder / "acked.jsonl", connections=traffic.CONNECTIONS,
        ),
    )  # fmt: skip
    made.run_beside("floor", partial(floor.work, made.world()))
    made.run_beside("buyer", partial(floor.buy, made.world()))
    lines.begin()
    ends = time.monotonic() + form.seconds + 2 + form.alone_s
    made.watch(lambda: time.monotonic() > ends)
    lines.heal()
    options.say("  the lines are healed")
    made.watch(lambda: sender.poll() is not None, limit_s=traffic.PATIENCE_S + 60)


def blocked(seen: dict[str, Seen]) -> list[str]:
    """Who waited too long."""
    wrong = [
        f"somebody waited {one.longest_wait_s:.0f} s for {name}, at most {BLOCKED_S:.0f}"
        for name, one in seen.items()
        if one.longest_wait_s > BLOCKED_S
    ]
    return wrong + [
        f"a call to {name} took {seen[name].longest_line_s:.0f} s, at most {BLOCKED_S:.0f}"
        for name in _CALLS
        if seen[name].longest_line_s > BLOCKED_S
    ]


def reached(seen: dict[str, Seen], form: Form) -> list[str]:
    """A dependency that was never spoilt, or too few spells in all, prove nothing."""
    spells = sum(len(one.spells) for one in seen.values())
    wrong = [f"the line to {name} was never spoilt" for name, one in seen.items() if form.least and not one.hits]
    return wrong + ([f"only {spells} spells, wanted {form.faults}"] if spells < form.faults else [])


def opened(carrier: Seen, form: Form, outcome: Outcome) -> list[str]:
    """While the carrier alone is away: few calls, then none, then one probe."""
    began, ended = next(
        ((since, until) for name, since, until in reversed(carrier.spells) if name == "reset at once"), (0.0, 0.0)
    )
    calls = [at - began for at in carrier.connections if began <= at < ended]
    first = [at for at in calls if at < circuit.REST_S - 2]
    outcome.figures["carrier away: calls at s"] = [round(at, 1) for at in calls]
    wrong = []
    if len(first) > _MOST_CALLS:
        wrong.append(f"{len(first)} calls to a carrier that is away within {circuit.REST_S:.0f} s, most {_MOST_CALLS}")
    probes = [at for at in calls if at >= circuit.REST_S - 2]
    if form.alone_s > _PROBE_S and len(first) >= circuit.LIMIT and not any(at < first[-1] + _PROBE_S for at in probes):
        wrong.append(f"no probe within {_PROBE_S:.0f} s")
    return wrong
