"""T7: poison and bombs within normal traffic: what a hostile or broken sender costs those who come after it.

Rounds of good orders alone and rounds with one delivery in a hundred from the table of bombs stand in turn, all three
ways (webhook, mail, sheet); then every bomb once within good orders. Each is settled soon, none becomes an order that
goes on, the processes do not grow, and the good orders lose little.
"""

from __future__ import annotations

import imaplib
import itertools
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import psutil
import requests
from sqlalchemy import text

from oms.demo.place import MAIL_PASSWORD, ORDERS_ADDRESS
from tests.torture import bombs, plan, progress, rest, traffic, verdict
from tests.torture.house import BULK, House, Leases, built
from tests.torture.options import Options
from tests.torture.plan import ORDER, POISON, Shot
from tests.torture.verdict import Findings, Outcome

P99_S, LOSS, GROWTH_BYTES, ANSWER_S = 30.0, 0.05, 100 * 1024**2, 5.0
#: One delivery in so many is a bomb.
IN = 100
#: Up to so many pairs of rounds, how many times its error a mean must be off to be no accident (Student's t, 97.5 %).
STUDENT = ((2, 12.8), (3, 4.4), (4, 3.2), (5, 2.8), (6, 2.6), (8, 2.5), (15, 2.4))
#: (source of the channel, name) and its bytes
Bomb = tuple[tuple[str, str], bytes]

_SETTLED = text("""
    SELECT m.event_id, m.way, m.status, extract(epoch FROM s.finished_at - m.received_at) AS took_s
    FROM inbound_message m JOIN step s ON s.subject_id = m.id AND s.kind = 'accept'
    WHERE m.event_id LIKE 'bomb-%' OR m.way = 'mail'
""")
#: A bomb may become an order that a person must look at; it may not go on by itself.
_WENT_ON = text("""
    SELECT o.number, o.status FROM orders o JOIN inbound_message m ON m.id IN (
        SELECT message_id FROM inbound_order WHERE order_id = o.id) WHERE (m.event_id LIKE 'bomb-%' OR m.way = 'mail')
    AND o.status NOT IN ('received', 'verifying', 'rejected', 'cancelled')
""")
_GOOD = text(
    "SELECT count(*) FROM orders o JOIN channel c ON c.id = o.channel_id WHERE c.name = :channel AND o.channel_order_id LIKE :like"
)


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes; `orders` good ones a round, `rounds` of each kind; the last round, with all bombs, has as many."""

    orders: int
    seconds: float
    rounds: int
    drain_s: float
    least: int = 1
    faults: int = 1


SHORT = Form(80, 0, 3, 90)
LONG = Form(1_000, 0, 8, 600)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a round of good orders cost: by the clock, and in CPU of all processes of the product and its servers."""

    wall_s: float
    cpu_s: float


def run(options: Options) -> Outcome:
    """One run of T7."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("t7", options.seed, long=options.long)
    with built(leases=Leases(30, 62), keep=options.keep) as made:
        options.say(f"t7: {2 * form.rounds + 2} rounds of {form.orders} orders, seed {options.seed}, in {made.folder}")
        made.open()
        table = itertools.cycle(bombs.all_bombs().items())
        _round(made, form, options.seed, "warm", [])
        clean, spoilt = _pairs(made, form, options, table)
        before = weights(made)
        _round(made, form, options.seed, "all", list(bombs.all_bombs().items()))
        made.watch(lambda: _mails(made) >= len(bombs.mails()), limit_s=form.drain_s)
        rest.come(made, limit_s=form.drain_s)
        _weigh(before, weights(made), outcome)
        _judge(made, form, outcome)
    outcome.wrong += lost(clean, spoilt, form, outcome)
    return outcome


def _pairs(made: House, form: Form, options: Options, table: Iterator[Bomb]) -> tuple[list[Spent], list[Spent]]:
    """Rounds without and with bombs. Each goes first in every other pair: the later one finds more in the database."""
    clean: list[Spent] = []
    spoilt: list[Spent] = []
    for number in range(form.rounds):
        drawn = list(itertools.islice(table, max(1, form.orders // IN)))
        kinds: list[tuple[str, list[Bomb], list[Spent]]] = [("clean", [], clean), ("spoilt", drawn, spoilt)]
        for name, bombs_of_it, spent in kinds if number % 2 == 0 else reversed(kinds):
            spent.append(_round(made, form, options.seed, f"{name}-{number}", bombs_of_it))
        options.say(
            f"  pair {number + 1} of {form.rounds}: {spoilt[-1].cpu_s / clean[-1].cpu_s - 1:+.1%} CPU with poison"
        )
    return clean, spoilt


def _round(made: House, form: Form, seed: int, name: str, drawn: Sequence[Bomb]) -> Spent:
    """Send a round's good orders as fast as they are taken, the bombs in their midst; until nothing is due."""
    shots = [shot for shot in plan.make(seed, orders=form.orders, seconds=0.001) if shot.kind == ORDER]
    shots = [_renamed(shot, name) for shot in shots]
    hooks = [(bomb, content) for (source, bomb), content in drawn if source == "generic"]
    for number, (bomb, content) in enumerate(hooks):
        place = len(shots) * (number + 1) // (len(hooks) + 1)
        shots.insert(place, Shot(0.0, POISON, f"bomb-{name}-{bomb}".encode("ascii", "replace").decode(), content))
    cpu, began = _cpu_s(made), time.monotonic()
    sender = traffic.begin(made, shots, name=f"traffic-{name}")
    if len(hooks) < len(drawn):
        others = [one for one in drawn if one[0][0] != "generic"]
        made.run_beside(f"bombs-{name}", partial(throw, others, name, made))
    made.watch(lambda: sender.poll() is not None and _stand(made, name) >= form.orders, limit_s=form.drain_s)
    wall_s = time.monotonic() - began
    rest.come(made, limit_s=form.drain_s)
    return Spent(wall_s, _cpu_s(made) - cpu)


def _renamed(shot: Shot, name: str) -> Shot:
    """The same order under another number, so that every round sends the same goods."""
    order = f"{shot.order_id}-{name}"
    body = shot.body.replace(f'"{shot.order_id}"'.encode(), f'"{order}"'.encode())
    return replace(shot, event_id=f"evt-{order}", order_id=order, body=body)


def throw(drawn: Sequence[Bomb], name: str, made: House) -> int:
    """Mails are put into the mailbox, sheets are uploaded; the answers to uploads are written down."""
    key, url = made.world().keys["dealer-sheet"], f"{made.place.base_url}/api/v1/purchase-orders"
    with (
        (made.folder / "uploads.tsv").open("a", encoding="utf-8", buffering=1) as out,
        imaplib.IMAP4("127.0.0.1", made.place.imap_port, timeout=60) as mailbox,
    ):
        mailbox.login(ORDERS_ADDRESS, MAIL_PASSWORD)
        for number, ((source, bomb), content) in enumerate(drawn):
            if source == "email":
                mailbox.append("INBOX", "", "", f"X-Torture: {name} {number}\r\n".encode() + content)
                continue
            began = time.monotonic()
            headers = {"Authorization": f"Bearer {key}", "X-Filename": "a.xlsx", "Idempotency-Key": f"{name}-{number}"}
            with suppress(requests.RequestException):
                answer = requests.post(url, content, headers=headers, timeout=60)
                out.write(f"{bomb}\t{answer.status_code}\t{time.monotonic() - began:.2f}\t{answer.text[:300]!r}\n")
    return 0


def _stand(made: House, name: str) -> int:
    with made.database() as session:
        return int(session.execute(_GOOD, {"channel": BULK, "like": f"%-{name}"}).scalar_one())


def _mails(made: House) -> int:
    with made.database() as session:
        return int(session.execute(text("SELECT count(*) FROM inbound_message WHERE way = 'mail'")).scalar_one())


def _cpu_s(made: House) -> float:
    """CPU of the product and its servers, not of the peers."""
    pids = made.boss.pids()
    total = 0.0
    for name in ("web", "workers", "sweep", "mail-listener", "postgresql", "redis"):
        with suppress(psutil.Error, KeyError):
            top = psutil.Process(pids[name])
            for one in [top, *top.children(recursive=True)]:
                with suppress(psutil.Error):
                    times = one.cpu_times()
                    total += times.user + times.system + times.children_user + times.children_system
    return total


def weights(made: House) -> dict[str, int]:
    """Bytes of memory of their own (USS) of each process of the product."""
    found = {}
    for name, pids in made.processes().items():
        for number, pid in enumerate(sorted(pids)):
            with suppress(psutil.Error):
                found[f"{name} {number}"] = psutil.Process(pid).memory_full_info().uss
    return found


def _weigh(before: dict[str, int], after: dict[str, int], outcome: Outcome) -> None:
    grown = {name: after[name] - before[name] for name in after if name in before}
    total = sum(size for size in grown.values() if size > 0)
    outcome.figures["growth MB by all bombs"] = {n: round(size / 1e6, 1) for n, size in grown.items() if size > 1e6}
    if total > GROWTH_BYTES:
        outcome.wrong.append(f"the processes grew by {total / 1e6:.0f} MB, at most 100")


def lost(clean: list[Spent], spoilt: list[Spent], form: Form, outcome: Outcome) -> list[str]:
    """How much the good orders lose. Rounds differ by themselves: red is what the noise does not explain, 39 times of 40."""
    ratios = [b.cpu_s / a.cpu_s - 1 for a, b in zip(clean, spoilt, strict=True)]
    walls = [b.wall_s / a.wall_s - 1 for a, b in zip(clean, spoilt, strict=True)]
    noise = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 1.0
    sure = next((times for pairs, times in STUDENT if len(ratios) <= pairs), 2.0)
    loss = statistics.fmean(ratios)
    outcome.figures |= {
        "CPU ms an order, clean": [round(1000 * one.cpu_s / form.orders, 1) for one in clean],
        "CPU ms an order, 1 % poison": [round(1000 * one.cpu_s / form.orders, 1) for one in spoilt],
        "loss by CPU": round(loss, 3), "its error": round(noise, 3), "told from": round(LOSS + sure * noise, 3),
        "loss by the clock, median": round(statistics.median(walls), 3),
    }  # fmt: skip
    return [f"good orders lose {loss:.1%} to 1 % poison, at most 5 %"] if loss - sure * noise > LOSS else []


def _judge(made: House, form: Form, outcome: Outcome) -> None:
    found = Findings()
    acks = traffic.read(made.folder / "acked.jsonl")
    found.wrong += [
        f"{a.kind} {a.event_id} was answered {a.status}" for a in acks if not 200 <= a.status < 300 and a.status != 413
    ]
    with made.database() as session:
        settled = session.execute(_SETTLED).all()
        went_on = session.execute(_WENT_ON).all()
    took = [float(row.took_s) if row.took_s is not None else 9e9 for row in settled]
    uploads = [row.split("\t") for row in (made.folder / "uploads.tsv").read_text(encoding="utf-8").splitlines()]
    p99 = progress.quantile(took, 0.99)
    outcome.figures |= {"bombs settled": len(settled), "settled p99 s": round(p99, 2), "uploads": len(uploads)}
    found.wrong += [f"bombs were settled p99 {p99:.1f} s, at most {P99_S:.0f}"] if p99 > P99_S else []
    found.wrong += [f"{row.number} came of a bomb and is {row.status}" for row in went_on]
    found.wrong += [f"{row.event_id} is {row.status}" for row in settled if row.status == "received"]
    found.wrong += [
        f"upload {bomb} was answered {status} after {s} s" for bomb, status, s, _ in uploads if not _refused(status, s)
    ]
    # Each once in the last round, and some before it.
    few = len(settled) + len(uploads) < len(bombs.all_bombs())
    found.wrong += [f"only {len(settled)} bombs and {len(uploads)} uploads arrived"] if few else []
    found.wrong += [f"{kind}: {count} steps are still due" for kind, count in rest.due(made).items()]
    verdict.house_in_order(made, found)
    outcome.wrong += found.wrong
    outcome.figures |= found.figures


def _refused(status: str, seconds: str) -> bool:
    # On a machine that others use too, time by the clock is stretched.
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    return status in ("400", "413", "422") and float(seconds) < ANSWER_S * crowd
