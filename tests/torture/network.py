"""T3: bad lines. Before PostgreSQL, Redis, carrier, shop, IMAP and SMTP stands a proxy with a course from the seed.

Late, slow, cut, reset, half-open, clogged, gone: orders and mails come in and are worked on meanwhile. Each line suffers
each kind at least once, while somebody speaks. All is well until the carrier has answered; then only its line is broken,
to see the circuit open; then all heals, and everything must come to rest with nothing lost or doubled.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from connectors import mail_client
from oms import db
from tests.torture import callers, letters, plan, stalls, traffic, verdict
from tests.torture.forking import Forked
from tests.torture.house import House, Leases, built
from tests.torture.line_faults import Pace
from tests.torture.lines import DEPENDENCIES, Lines, Seen
from tests.torture.options import Options
from tests.torture.outcome import fault_log
from tests.torture.plan import ORDER, Shot
from tests.torture.stalls import STALLS, Stall
from tests.torture.verdict import Outcome
from workers import circuit, outside

#: Nobody waits longer than this for one byte, nor for a peer's whole answer.
BLOCKED_S = 30.0
#: Orders that come while the carrier is away.
LATE = 12
#: Orders that come every so many seconds as long as a line was spared something.
MORE, MORE_S = 3, 5.0
#: Conversations that are one call each.
_CALLS = ("carrier", "shop", "smtp")
#: Failures in a row that open the circuit, and calls that other threads had begun before; the worker has a circuit and
#: the sweep, which works too when it is not heard, has its own.
_MOST_CALLS = 2 * (circuit.LIMIT + outside.THREADS - 1)
#: A step waits for the circuit's end, then for its turn.
_PROBE_S = circuit.REST_S + 6


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes. `more_s`: how long what no line has suffered yet is waited for; `alone_s`: how long the carrier alone is away."""

    orders: int
    seconds: float
    more_s: float
    spell_s: float
    rest_s: float
    alone_s: float
    drain_s: float
    leases: Leases
    least: int
    faults: int


SHORT = Form(60, 30, 150, 2.5, 3, 6, 150, Leases(3, 62), least=1, faults=35)
LONG = Form(2_000, 420, 120, 15, 10, 75, 1200, Leases(10, 62), least=1, faults=100)


def run(options: Options) -> Outcome:
    """One run of T3."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("t3", options.seed, long=options.long)
    shots = plan.make(options.seed, orders=form.orders, seconds=form.seconds)
    late = [s for s in plan.make(options.seed, orders=LATE, seconds=1, prefix="L") if s.kind == ORDER]
    with built(leases=form.leases, keep=options.keep) as made:
        options.say(f"t3: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        lines = Lines(made.folder)
        lines.put_before(made, paces(form), seed=options.seed)
        made.open()
        made.run_beside("stalls", partial(stalls.watch, made.folder / STALLS, made.folder))
        more = _suffer(made, shots, late, lines, form, options)
        drained = verdict.drain(made, limit_s=form.drain_s)
        outcome.figures["drain_s"] = drained and round(drained, 1)
        if drained is None:
            outcome.wrong.append(f"not at rest {form.drain_s:.0f} s after the lines healed: {verdict.left(made)}")
        sent = letters.brought(made.folder)
        made.watch(lambda: letters.arrived(made), limit_s=mail_client.LONGEST_WAIT_S + 20)
        outcome.wrong += letters.wrong(sent, letters.stored(made))
        found = verdict.judge(made, [*shots, *more, *late])
        seen, stalled = lines.seen(), stalls.read(made.folder / STALLS)
    outcome.wrong += found.wrong + blocked(seen, stalled) + reached(seen, form) + opened(seen["carrier"], form, outcome)
    outcome.figures |= found.figures | {f"{name} hits": one.hits for name, one in seen.items()}
    outcome.figures["mails that came in"] = len(sent)
    outcome.figures["more orders"] = len(more)
    outcome.figures["longest wait s"] = {name: one.longest_wait for name, one in seen.items()}
    outcome.figures["longest call s"] = {name: seen[name].longest_line_s for name in _CALLS}
    outcome.faults = fault_log(
        (begun, f"{name}: {kind}") for name, one in seen.items() for kind, begun, _ in one.spells
    )
    outcome.figures["spells"] = sum(len(one.spells) for one in seen.values())
    return outcome


def paces(form: Form) -> dict[str, Pace]:
    """How fast each line's course goes; those who are called now and then would mostly be called in between."""
    seldom = Pace(form.spell_s, form.rest_s / 4, seldom=True)
    often = Pace(form.spell_s, form.rest_s)
    return {name: often if name in ("postgresql", "redis") else seldom for name in DEPENDENCIES}


def _suffer(made: House, shots: list[Shot], late: list[Shot], lines: Lines, form: Form, options: Options) -> list[Shot]:
    """All of the level until the lines are healed and each delivery was answered; returns what else had to be sent."""
    senders = [traffic.live(made, shots)]
    postman = letters.begin(made, every_s=0.8, seconds=form.seconds + form.more_s)
    lines.begin()
    _watch_for(made, form.seconds)
    more = _until_all_suffered(made, lines, form, senders, seed=options.seed)
    more += _until_carrier_answers(made, lines, form, senders, seed=options.seed)
    # By now all orders may have their labels: others come, so that somebody needs the carrier.
    senders.append(traffic.begin(made, late, name="traffic-late"))
    lines.leave_carrier_alone()
    made.watch(lambda: len(lines.seen()["carrier"].calls_while_away) >= circuit.LIMIT, limit_s=form.more_s)
    _watch_for(made, form.alone_s)
    lines.heal()
    postman.terminate()
    options.say("  the lines are healed")
    made.watch(lambda: all(one.poll() is not None for one in senders), limit_s=traffic.PATIENCE_S + 60)
    return more


def _until_all_suffered(made: House, lines: Lines, form: Form, senders: list[Forked], *, seed: int) -> list[Shot]:
    """Send orders as long as a line was spared something: once all have their labels, nobody calls the carrier."""
    more: list[Shot] = []
    ends = time.monotonic() + form.more_s
    while time.monotonic() < ends and not _suffered(lines, form):
        number = len(more)
        some = [plan.one(f"M{seed}-{number + n:06d}", MORE_S * n / MORE) for n in range(MORE)]
        senders.append(traffic.begin(made, some, name=f"traffic-more-{number}"))
        more += some
        if lines.seen()["shop"].spared:
            with made.database() as session:
                callers.poll_shops(session, turn=f"torture-{number}")
        made.watch(lambda: _suffered(lines, form), limit_s=MORE_S)
    return more


def _until_carrier_answers(made: House, lines: Lines, form: Form, senders: list[Forked], *, seed: int) -> list[Shot]:
    """All lines are good until a worker has had an answer of the carrier, however long its circuit had stood open.

    Behind an open circuit one call comes in half a minute, and nobody would see it open when the carrier is away.
    """
    lines.pause()
    some = [plan.one(f"A{seed}-{number:06d}", float(number)) for number in range(MORE)]
    senders.append(traffic.begin(made, some, name="traffic-answered"))
    with made.database() as session:
        since = db.now(session)
    others = [f"{socket.gethostname()}:{pid}" for pid in made.processes().get("sweep", [])]

    def answered() -> bool:
        with made.database() as session:
            return callers.has_booked(session, since=since, others=others)

    made.watch(answered, limit_s=form.more_s)
    return some


def _suffered(lines: Lines, form: Form) -> bool:
    """Whether each line has suffered all, and often enough in all; from then on only what a line was spared begins."""
    seen = lines.seen().values()
    often = sum(len(one.spells) for one in seen) >= form.faults
    if often:
        lines.enough()
    return often and not any(one.spared for one in seen)


def _watch_for(made: House, seconds: float) -> None:
    ends = time.monotonic() + seconds
    made.watch(lambda: time.monotonic() > ends)


def blocked(seen: dict[str, Seen], stalled: Sequence[Stall] = ()) -> list[str]:
    """Who waited too long; time in which the machine, or the proxy, did nothing is nobody's wait for a peer."""
    wrong = [
        f"{who or 'somebody'} waited {seconds:.0f} s for {name}, at most {BLOCKED_S:.0f}; it had asked {asked!r}"
        for name, one in seen.items()
        for seconds, who, asked, ended in one.long_waits
        if _without_stalls(seconds, ended, one, stalled) > BLOCKED_S
    ]
    return wrong + [
        f"a call to {name} took {seconds:.0f} s, at most {BLOCKED_S:.0f}"
        for name in _CALLS
        for seconds, ended in seen[name].long_lines
        if _without_stalls(seconds, ended, seen[name], stalled) > BLOCKED_S
    ]


def _without_stalls(seconds: float, ended: float, one: Seen, stalled: Sequence[Stall]) -> float:
    began = ended - seconds
    found = stalls.trusted([*stalled, *(Stall(*own) for own in one.stalled)], began, ended)
    return seconds - stalls.total_s(found, began, ended)


def reached(seen: dict[str, Seen], form: Form) -> list[str]:
    """Each line must have been spoilt in each way, while somebody spoke on it; too few spells in all prove nothing."""
    spells = sum(len(one.spells) for one in seen.values())
    wrong = [f"the line to {name} was never spoilt by {kind}" for name, one in seen.items() for kind in one.spared]
    return (wrong if form.least else []) + (
        [f"only {spells} spells, wanted {form.faults}"] if spells < form.faults else []
    )


def opened(carrier: Seen, form: Form, outcome: Outcome) -> list[str]:
    """While the carrier alone is away: few calls, then none, then one probe."""
    calls = carrier.calls_while_away
    first = [at for at in calls if at < circuit.REST_S - 2]
    outcome.figures["carrier away: calls at s"] = [round(at, 1) for at in calls]
    wrong = []
    if form.least and len(calls) < circuit.LIMIT:
        wrong.append(f"only {len(calls)} calls to the carrier while it was away: the circuit had no cause to open")
    if len(first) > _MOST_CALLS:
        wrong.append(f"{len(first)} calls to a carrier that is away within {circuit.REST_S:.0f} s, most {_MOST_CALLS}")
    probes = [at for at in calls if at >= circuit.REST_S - 2]
    if form.alone_s > _PROBE_S and len(first) >= circuit.LIMIT and not any(at < first[-1] + _PROBE_S for at in probes):
        wrong.append(f"no probe within {_PROBE_S:.0f} s")
    return wrong
