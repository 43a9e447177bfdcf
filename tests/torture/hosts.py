"""Several hosts for real: two web hosts and two worker hosts in network namespaces against one PostgreSQL and Redis over TCP.

Orders come to both web hosts, some of them twice; a sender whose host does not answer goes to the other, as a balancer does.
At a third of the orders a worker host loses its power without a word (its connections stay half open) while it holds steps,
which others must do in time; at two thirds a web host; the worker host comes back later. Nothing may be lost or double, every
order must be shipped, all invariants hold.
Calls to carriers and mail servers are left out here (other levels have them); labels are recorded by the harness' hands.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text

from bench import ground as bench_ground
from bench import hands
from bench.goods import Company, company
from bench.ground import Ground
from oms import db, effects, embedded, together
from oms.embedded import schema
from oms.fulfilment import waves
from oms.invariants import check
from oms.journey import seal, steps
from oms.shipping import booking
from oms.shipping.models import Parcel
from tests.torture import going_dark
from tests.torture.balancer import WEB_PORT, Sender, answers
from tests.torture.going_dark import TAKEN_OVER_S, Dark
from tests.torture.namespaces import DATABASE_ADDRESS, SUBNET, CannotIsolate, Host, Network, network
from tests.torture.options import Options
from tests.torture.verdict import Outcome

DATABASE_PORT, REDIS_PORT = 5432, 6379
TWICE = 0.1


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes; `drain_s` is how long the rest may take."""

    orders: int
    seconds: float
    drain_s: float
    least: int = 1
    faults: int = 2


SHORT = Form(240, 24, 180)
LONG = Form(6_000, 300, 900)


def run(options: Options) -> Outcome:
    """One run; not where nobody may make namespaces."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("hosts", options.seed, long=options.long)
    try:
        with network() as lan, _servers(lan) as made:
            _play(made, lan, form, outcome, options)
    except CannotIsolate as fault:
        outcome.cannot_run(str(fault))
    return outcome


def _play(made: Ground, lan: Network, form: Form, outcome: Outcome, options: Options) -> None:
    with made.database.transaction() as session:
        seeded = company(session)
    hosts = {name: lan.add(name) for name in ("web-1", "web-2", "work-1", "work-2")}
    for host in hosts.values():
        _start(made, host)
    sender = Sender([hosts["web-1"], hosts["web-2"]], seeded.sku_codes)
    _wait_for_web(sender)
    chance = random.Random(options.seed)
    numbers = [n for n in range(form.orders) for _ in range(1 + (chance.random() < TWICE))]
    chance.shuffle(numbers)
    hands = _Hands(made, seeded)
    sending = threading.Thread(target=sender.send_all, args=(numbers,), kwargs={"per_s": len(numbers) / form.seconds})
    began = time.monotonic()
    sending.start()
    dark = _suffer(made, hosts, form, hands, sender, sending, options)
    shipped = hands.work_until(lambda: _shipped(made) == form.orders, limit_s=form.drain_s)
    hands.work_until(lambda: all(fate.took_s for fate in going_dark.fates(made, dark)), limit_s=TAKEN_OVER_S)
    fates = going_dark.fates(made, dark)
    _judge(made, sender, form, outcome)
    outcome.wrong += going_dark.judge(dark, fates) + met_darkness(sender)
    if not shipped:
        outcome.wrong.append(f"only {_shipped(made)} of {form.orders} orders were shipped in {form.drain_s:.0f} s more")
    outcome.figures |= {
        "took_s": round(time.monotonic() - began, 1),
        "steps held when work-2 went dark": dict(Counter(kind for _, kind in dark.held)),
        "done by others after s": sorted(round(fate.took_s, 1) for fate in fates if fate.took_s),
        "slowest 202 with retries, s": round(sender.slowest_s, 2),
        "answers other than 2xx": dict(sender.refused),
        "network bytes an order": {name: host.traffic_bytes() // form.orders for name, host in hosts.items()},
        "steps by host": _by_host(made),
    }


def _suffer(
    made: Ground,
    hosts: dict[str, Host],
    form: Form,
    hands: _Hands,
    sender: Sender,
    sending: threading.Thread,
    options: Options,
) -> Dark:
    """Two hosts go dark, one comes back; return what the worker host held when it went."""
    third = form.seconds / 3
    hands.work_until(lambda: not sending.is_alive(), limit_s=third)
    dark = going_dark.lose_power_at_work(made, hosts["work-2"])
    options.say(f"work-2 went dark and held {len(dark.held)} steps")
    hands.work_until(lambda: not sending.is_alive(), limit_s=third)
    killed = hosts["web-2"].lose_power()
    options.say(f"web-2 went dark with {killed} processes")
    hands.work_until(lambda: not sending.is_alive(), limit_s=third)
    hosts["work-2"].get_power()
    _start(made, hosts["work-2"])
    options.say("work-2 is back")
    hands.work_until(lambda: not sending.is_alive(), limit_s=300)
    if not sender.refused[0]:
        # Looking for the moment at which work-2 holds something took so long that all was sent before web-2 went dark.
        sender.send_again(0, hosts["web-2"])
    return dark


def met_darkness(sender: Sender) -> list[str]:
    """Some senders found a web host silent, and the other one took what they had, in time.

    Who is not served by a host that lives is told 503, and nothing else.
    """
    wrong = [] if sender.refused[0] else ["no sender ever met a host that does not answer"]
    wrong += [f"{n} were answered {status}" for status, n in sorted(sender.refused.items()) if status not in (0, 503)]
    late = sender.slowest_s > TAKEN_OVER_S
    return wrong + ([f"a delivery was accepted after {sender.slowest_s:.1f} s"] if late else [])


@dataclass(slots=True)
class _Hands:
    """The warehouse: it picks, packs and hands over what is there, in this process."""

    made: Ground
    seeded: Company

    def work_until(self, over: object, *, limit_s: float) -> bool:
        """Work round after round until `over()` holds; False when the time is over first."""
        assert callable(over)
        ends = time.monotonic() + limit_s
        while not over():
            if time.monotonic() > ends:
                return False
            with self.made.database.transaction() as session:
                waves.plan_now(session, warehouse_id=self.seeded.warehouse_id)
            for work in (hands.pick, hands.check, hands.close):
                work(self.made)
            self._label()
            hands.hand_over(self.made)
            time.sleep(0.2)
        return True

    def _label(self) -> None:
        """Each label as a carrier's answer is recorded: with the call that was meant to be made before it, and that was made."""
        with self.made.database.transaction() as session:
            claimed = steps.claim(session, kind="book", limit=100, lease_s=60, worker="hands")
        if not claimed:
            return
        with self.made.database.transaction() as session:
            now = db.now(session)
            references = select(Parcel.id, Parcel.reference).where(Parcel.id.in_([step.subject_id for step in claimed]))
            named = {parcel_id: f"book:{reference}" for parcel_id, reference in session.execute(references)}
            for step in claimed:
                key = named[step.subject_id]
                effects.intend(session, key=key, kind="book", step_id=step.id, token=step.token, now=now)
                together.execute(session, [effects.recording(key=key, state="done", now=now)])
            labelled = [(step, hands.label_of(step.subject_id)) for step in claimed]
            steps.finish(session, booking.record_labels(session, labelled=labelled, now=now), by="system", now=now)


def _start(made: Ground, host: Host) -> None:
    """What runs on a host of that name."""
    python = (sys.executable, "-m")
    web = (*python, "gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", f"{host.address}:{WEB_PORT}", "wsgi:app")
    argv = web if host.name.startswith("web") else (*python, "bench.mixed_workers")
    host.start(argv, environment={**made.environment, "PYTHONPATH": str(bench_ground.ROOT)}, folder=made.folder)


def _wait_for_web(sender: Sender, limit_s: float = 120) -> None:
    ends = time.monotonic() + limit_s
    for host in sender.hosts:
        while not answers(host):
            if time.monotonic() > ends:
                raise SystemExit(f"{host.name} does not answer")
            time.sleep(0.2)


@contextmanager
def _servers(lan: Network) -> Iterator[Ground]:
    """One PostgreSQL and one Redis that listen at the bridge, and a migrated database of their own."""
    folder = Path(tempfile.mkdtemp(prefix="oms-hosts-"))
    folder.chmod(0o755)
    postgres = embedded.prepare_postgres(folder / "postgres", durable=True)
    postgres.command += ("-c", f"listen_addresses={DATABASE_ADDRESS}", "-c", f"port={DATABASE_PORT}")
    with (postgres.data_dir / "data" / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {SUBNET}.0/24 trust\n")
    broker = embedded.prepare_redis(folder / "redis", durable=True)
    broker.command += ("--port", str(REDIS_PORT), "--bind", DATABASE_ADDRESS, "--protected-mode", "no")
    try:
        postgres.start()
        broker.start()
        name = f"oms_hosts_{os.getpid()}_{secrets.token_hex(2)}"
        schema.upgrade(embedded.create_database(postgres.url, name))
        environment = bench_ground._environment(
            f"postgresql://oms@{DATABASE_ADDRESS}:{DATABASE_PORT}/{name}", f"redis://{DATABASE_ADDRESS}:{REDIS_PORT}/0"
        )
        made = Ground(bench_ground._database(environment), environment, folder, WEB_PORT)
        try:
            yield made
        finally:
            made.database.engine.dispose()
    finally:
        broker.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _count(made: Ground, sql: str) -> int:
    with made.database.transaction() as session:
        return int(session.execute(text(sql)).scalar_one())


def _shipped(made: Ground) -> int:
    return _count(made, "SELECT count(*) FROM orders WHERE fulfilment_status = 'shipped'")


def _by_host(made: Ground) -> dict[str, int]:
    sql = "SELECT split_part(worker, ':', 1), count(*) FROM step WHERE state = 'done' AND worker LIKE 'work-%' GROUP BY 1 ORDER BY 1"
    with made.database.transaction() as session:
        return {row[0]: row[1] for row in session.execute(text(sql))}


def _judge(made: Ground, sender: Sender, form: Form, outcome: Outcome) -> None:
    """Each accepted order stands once, the history is whole, every invariant holds."""
    with made.database.transaction() as session:
        stand = Counter(session.execute(text("SELECT channel_order_id FROM orders")).scalars())
    with made.database.transaction() as session:
        while seal.seal(session) == seal.BATCH:
            pass
    with made.database.transaction() as session:
        violations = check.check(session)
        history = seal.verify(session)
    wanted = {f"B{number:08d}" for number in sender.acked}
    outcome.wrong += [f"LOST: {order}" for order in sorted(wanted - stand.keys())]
    outcome.wrong += [f"DOUBLE: {order}" for order, times in sorted(stand.items()) if times > 1 or order not in wanted]
    outcome.wrong += [f"{v.code} {v.name}: {v.subject}: {v.detail}" for v in violations]
    if history.broken:
        outcome.wrong.append(f"I11 history is broken at {history.broken.seq}: {history.broken.why}")
    if len(sender.acked) != form.orders:
        outcome.wrong.append(f"{form.orders - len(sender.acked)} orders were accepted by no host")
    outcome.figures |= {
        "orders": len(stand), "deliveries": sum(sender.acked.values()), "hosts": 4, "hosts gone dark": 2,
        "invariants": len(check.INVARIANTS), "violations": len(violations),
    }  # fmt: skip
