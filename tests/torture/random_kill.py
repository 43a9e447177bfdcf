"""T1: random kill. Orders come in while every half second somebody dies, is told to end or is frozen beyond the lease."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connectors import mail_client
from tests.torture import backlog, detectors, floor, letters, plan, progress, traffic, verdict
from tests.torture.faults import LABELS, SERVER_LABELS, Fault, Harm, Pace
from tests.torture.forking import fallen
from tests.torture.house import House, Leases, built
from tests.torture.options import Options
from tests.torture.outcome import fault_log
from tests.torture.plan import CANCELLATION, CHANGE, ORDER, Shot
from tests.torture.progress import Sighting
from tests.torture.traffic import Ack
from tests.torture.verdict import Outcome
from workers import outside

#: First progress after a fault: 99 of 100, and all.
P99_S, MOST_S = 10.0, 36.0
#: After PostgreSQL was stopped, the next order is accepted within this.
BACK_S = 15.0
#: So often a mail comes into the orders' mailbox, so that who listens there is never killed at rest alone.
LETTER_EVERY_S = 1.0
#: Whose faults may let a mail go out twice; the sweep works too, when nobody hears it.
SENDERS = ("worker outside", "worker parent", "sweep", "postgresql")


@dataclass(frozen=True, slots=True)
class Form:
    """How long and how many."""

    orders: int
    seconds: float
    drain_s: float
    leases: Leases
    pace: Pace
    #: each label is reached at least so often, else the run proves nothing
    least: int
    faults: int


SHORT = Form(500, 60, 240, Leases(3, 6), Pace(), least=1, faults=100)
LONG = Form(10_000, 600, 3600, Leases(5, 10), Pace(frozen_s=7.5, frozen_outside_s=15), least=5, faults=1000)


def run(options: Options) -> Outcome:
    """One run of T1; `Outcome.wrong` is empty when nothing was lost, doubled or oversold and the goals were met."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    shots = plan.make(options.seed, orders=form.orders, seconds=form.seconds)
    outcome = Outcome("t1", options.seed, long=options.long)
    with built(leases=form.leases, keep=options.keep) as made:
        options.say(f"t1: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        made.open()
        harm = suffer(made, shots, form=form, options=options)
        if not _settle(made, form, outcome, options):
            outcome.wrong.append(f"not at rest after {form.drain_s:.0f} s: {verdict.left(made)}")
        found = verdict.judge(made, shots)
        outcome.figures |= found.figures
        outcome.wrong += found.wrong + _instruments(made, outcome)
        seen, acks = progress.sightings(made.folder / "progress.log"), traffic.read(made.folder / "acked.jsonl")
        outcome.wrong += timely(outcome, harm.done, seen) + back(outcome, harm.done, acks) + reached(harm, form)
        outcome.wrong += sent_again(found.figures["mails_repeated"], len(of_senders(harm.done)))
        outcome.wrong += raced(found.figures["wishes"]) if form.least else []
        outcome.figures |= {"faults": len(harm.done), "by_label": harm.counts(), "restarts": made.boss.restarts}
        outcome.faults = fault_log((fault.at, fault.label) for fault in harm.done)
        outcome.figures["postgresql_errors"] = dict(verdict.server_log(made).most_common(8))
        return outcome


def suffer(made: House, shots: list[Shot], *, form: Form, options: Options) -> Harm:
    """Traffic and floor at work, harm at its pace; returns when the time is over and all were answered."""
    made.run_beside("progress", partial(progress.watch, made.own_database_url, made.folder / "progress.log"))
    sender = traffic.begin(made, shots)
    made.run_beside("floor", partial(floor.work, made.world()))
    letters.begin(made, every_s=LETTER_EVERY_S, seconds=form.seconds)
    harm = Harm(made, form.pace, options.seed)
    ends = time.monotonic() + form.seconds

    def over() -> bool:
        harm.tick()
        return time.monotonic() > ends

    made.watch(over)
    harm.thaw()
    options.say(f"  {len(harm.done)} faults done; waiting for the last answers")
    made.watch(lambda: sender.poll() is not None, limit_s=traffic.PATIENCE_S + 60)
    return harm


def _settle(made: House, form: Form, outcome: Outcome, options: Options) -> bool:
    """The buyer gets what was scarce, the floor goes on; true when all came to rest in time."""
    made.watch(lambda: verdict.left(made)["orders"] >= 0, limit_s=60)  # the last fault may have been its database's
    outcome.figures["waiting_when_traffic_ended"] = backlog.waiting(made)
    before = backlog.ended(made)
    made.run_beside("buyer", partial(floor.buy, made.world()))
    began = time.monotonic()
    orders_s = verdict.drain(made, limit_s=form.drain_s, of=("orders",)) or form.drain_s
    ended = backlog.ended(made) - before
    outcome.figures["drain"] = backlog.rate(ended, orders_s, arrival_per_s=form.orders / form.seconds)
    rest_s = verdict.drain(made, limit_s=began + form.drain_s - time.monotonic())
    drained = None if rest_s is None else time.monotonic() - began
    outcome.figures["drain_s"] = drained and round(drained, 1)
    options.say(f"  drained: {outcome.figures['drain_s']} s")
    made.watch(lambda: letters.arrived(made), limit_s=mail_client.LONGEST_WAIT_S + 20)
    return drained is not None


def _instruments(made: House, outcome: Outcome) -> list[str]:
    """What the mails and the instruments tell, the database's and the harness's own."""
    sent = letters.brought(made.folder)
    outcome.figures["mails_that_came_in"] = len(sent)
    with made.database() as session:
        together = detectors.died_together(session, killer="")
    return fallen(made.beside) + letters.wrong(sent, letters.stored(made)) + together


def back(outcome: Outcome, faults: Sequence[Fault], acks: Sequence[Ack]) -> list[str]:
    """Hold the waits for the first order accepted after each stop of PostgreSQL against the goal.

    Counted from the attempt that was answered: what was under way when PostgreSQL stopped may have stood before.
    """
    waits = []
    for stop in (fault.at for fault in faults if fault.label == "stop postgresql"):
        sent = [ack for ack in acks if ack.kind == ORDER and ack.last_at > stop]
        answered = [ack.answered_at - stop for ack in sent if 200 <= ack.status < 300]
        waits += [min(answered, default=traffic.PATIENCE_S)] if sent else []
    outcome.figures["accepted_again_s"] = [round(wait, 1) for wait in waits]
    return [f"first order accepted {wait:.1f} s after a stop, goal {BACK_S:.0f} s" for wait in waits if wait >= BACK_S]


def of_senders(faults: Sequence[Fault]) -> list[Fault]:
    """The faults that may come between a mail server's answer and the record of it: whoever sends, and PostgreSQL."""
    return [fault for fault in faults if fault.label.endswith(SENDERS)]


def raced(wishes: Mapping[str, int]) -> list[str]:
    """Changes and cancellations that all came before their orders, or never, raced with nobody and prove nothing."""
    late = {
        kind: any(wishes.get(f"{kind} {end}") for end in ("applied", "declined")) for kind in (CHANGE, CANCELLATION)
    }
    return [f"no {kind} met an order that stood: {dict(wishes)}" for kind, met in late.items() if not met]


def sent_again(repeated: int, faults: int) -> list[str]:
    """A mail whose sender dies between the server's answer and the record of it comes again: as many as are on their way, and no more."""
    most = faults * outside.THREADS
    return [f"DOUBLE: {repeated} mails came again, {faults} faults explain {most} at most"] if repeated > most else []


def timely(outcome: Outcome, faults: Sequence[Fault], seen: Sequence[Sighting]) -> list[str]:
    """Hold the waits for the first progress against the goals."""
    waits = progress.waits([fault.at for fault in faults], seen)
    p99, most = progress.quantile(waits, 0.99), max(waits, default=0.0)
    outcome.figures["first_progress_s"] = {"p50": progress.quantile(waits, 0.5), "p99": p99, "most": most}
    outcome.figures["first_progress_histogram"] = progress.histogram(waits)
    wrong = [f"{len(faults) - len(waits)} faults were followed by no progress"] if len(waits) < len(faults) else []
    wrong += [f"first progress after a fault: p99 {p99:.1f} s, goal {P99_S:.0f} s"] if p99 > P99_S else []
    return wrong + ([f"first progress after a fault: {most:.1f} s, goal {MOST_S:.0f} s"] if most > MOST_S else [])


def reached(harm: Harm, form: Form) -> list[str]:
    """A label that was not reached often enough, or too few faults in all, prove nothing."""
    counts, servers = harm.counts(), [s for s in SERVER_LABELS if harm.made.server("postgresql")]
    wrong = [
        f"{label} was reached {counts.get(label, 0)} times, wanted {form.least}"
        for label in (*LABELS, *servers)
        if counts.get(label, 0) < form.least
    ]
    return wrong + ([f"only {len(harm.done)} faults, wanted {form.faults}"] if len(harm.done) < form.faults else [])
