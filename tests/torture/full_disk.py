"""T4: full disk. PostgreSQL's folder (data and WAL) and the logs lie on small disks that are filled while orders come in.

First only new pages find no room, then the WAL finds none either and PostgreSQL goes down, again and again until the space
is back. What was accepted must stand; while full every call gets an answer, 503 where it cannot be served; when the space is
back nobody has to do anything.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import LiteralString, Protocol, Self

import psycopg

from tests.torture import ledgers, plan, rest, traffic, verdict
from tests.torture.house import BULK, House, Leases, built
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.small_disks import CannotMount, SmallDisk, keep_full
from tests.torture.traffic import signed
from tests.torture.verdict import Outcome

#: When the space is back, the next order is accepted within this; and nobody waits longer for an answer.
BACK_S, ANSWER_S = 60.0, 30.0
#: What may be answered while full; every other 5xx is a fault.
SERVED = {200, 202, 503}
_LOG_MB = 2
#: Written into the WAL until it finds no room, and more than any of the disks holds.
_WAL_MB = 2_000
_ONE_MB_OF_WAL = "SELECT pg_logical_emit_message(false, 'torture', repeat('x', 1000000))"
#: PostgreSQL's words when it starts after it went down by itself.
_INTERRUPTED, _NO_SPACE = "database system was interrupted", "No space left on device"


#: So long PostgreSQL is looked for to write it.
_WAL_WITHIN_S, _WAL_PAUSE_S = 20.0, 0.2


class Writer(Protocol):
    """A connection of psycopg, as far as the filler needs one."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *given: object) -> None: ...
    def execute(self, query: LiteralString, /) -> object: ...
    @property
    def broken(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes; `full_s` are the lengths of the times without space, the odd ones take the WAL's space too.

    `data_mb` is PostgreSQL's disk: 70 MB for an empty house, and 0.1 MB an order with its WAL. What the orders themselves
    fill is not given back when the spell ends.
    """

    orders: int
    data_mb: int
    seconds: float
    full_s: tuple[float, ...]
    open_s: float
    drain_s: float
    least: int
    faults: int


SHORT = Form(60, 220, 20, (5, 5), 5, 90, least=1, faults=2)
LONG = Form(3_000, 900, 300, (20, 20, 40, 40), 20, 600, least=1, faults=4)


@dataclass(frozen=True, slots=True)
class Probe:
    """One call of somebody outside: when it began, what it was, its status (0: no answer) and how long it took."""

    at: float
    what: str
    status: int
    took_s: float


def run(options: Options) -> Outcome:
    """One run of T4; not where nobody may mount."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("t4", options.seed, long=options.long)
    shots = plan.make(options.seed, orders=form.orders, seconds=form.seconds)
    with built(leases=Leases(5, 10), keep=options.keep) as made:
        options.say(f"t4: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        try:
            disks = _on_small_disks(made, form.data_mb)
        except CannotMount as fault:
            outcome.cannot_run(str(fault))
            return outcome
        try:
            made.open()
            spells = _suffer(made, shots, disks, form, options)
            _judge(made, shots, spells, form, outcome)
        finally:
            for disk in disks:
                disk.empty()
                disk.unmount()
    return outcome


def _on_small_disks(made: House, data_mb: int) -> list[SmallDisk]:
    """Stop PostgreSQL, put a small disk below its cluster, start it; and one below the logs."""
    server = made.server("postgresql")
    if server is None or server.process is None:
        raise CannotMount("PostgreSQL was given by its URL: its disk is not ours to fill")
    server.process.send_signal(server.stop_signal)
    server.process.wait(30)
    logs = made.folder / "log"
    logs.mkdir(exist_ok=True)
    disks = [SmallDisk(server.data_dir / "data", data_mb), SmallDisk(logs, _LOG_MB)]
    mounted: list[SmallDisk] = []
    try:
        for disk in disks:
            disk.mount()
            mounted.append(disk)
    except CannotMount:
        for disk in mounted:
            disk.unmount()
        raise
    server.spawn()
    made.watch(server.answers, limit_s=30)
    return disks


def _suffer(
    made: House, shots: list[Shot], disks: list[SmallDisk], form: Form, options: Options
) -> list[tuple[float, float]]:
    """Traffic and probes at work, the disks full now and then; return from when to when they were."""
    place = made.place
    sender = traffic.begin(made, shots)
    key = made.world().keys["zhao"]
    knocking = made.run_beside(
        "probe", partial(probe, place.web_port, key, place.generic_secret, made.folder / "probes.jsonl")
    )
    spells: list[tuple[float, float]] = []
    for number, seconds in enumerate(form.full_s):
        _watch_for(made, form.open_s)
        spells.append((time.monotonic(), 0.0))
        filler = made.run_beside(
            f"filler-{number}", partial(_fill, disks, seconds, made.own_database_url, number % 2 == 1)
        )
        made.watch(lambda filler=filler: filler.poll() is not None, limit_s=seconds + 60)  # type: ignore[misc]
        spells[-1] = (spells[-1][0], time.monotonic())
        options.say(f"  full for {seconds:.0f} s, space is back")
    made.watch(lambda: sender.poll() is not None, limit_s=traffic.PATIENCE_S + 60)
    _watch_for(made, 2)
    # Who goes on knocking leaves a message that nobody has read yet in whatever moment is judged.
    knocking.terminate()
    made.watch(lambda: knocking.poll() is not None, limit_s=30)
    return spells


def _watch_for(made: House, seconds: float) -> None:
    ends = time.monotonic() + seconds
    made.watch(lambda: time.monotonic() > ends)


def _fill(disks: list[SmallDisk], seconds: float, url: str, wal: bool) -> int:
    if wal:
        way_in = partial(psycopg.connect, url, autocommit=True, connect_timeout=5)
        _write_wal(way_in, fill=partial(_fill_all, disks), within_s=_WAL_WITHIN_S)
    keep_full(disks, seconds=seconds)
    return 0


def _fill_all(disks: list[SmallDisk]) -> None:
    for disk in disks:
        disk.fill()


def _write_wal(connect: Callable[[], Writer], *, fill: Callable[[], None], within_s: float) -> None:
    """Use up the segments that PostgreSQL keeps: it goes down when it needs a new one and there is no room.

    The messages are in the WAL alone, so that no table's page must find room before. The disks are filled when the way in is found,
    for a full one may leave none; who finds none all the same, as on a busy machine, or is refused, comes again; who was heard
    until the connection broke has done it.
    """
    ends = time.monotonic() + within_s
    while True:
        with suppress(psycopg.Error), connect() as connection:
            fill()
            with suppress(psycopg.Error):
                for _ in range(_WAL_MB):
                    connection.execute(_ONE_MB_OF_WAL)
            if connection.broken:
                return
        if time.monotonic() >= ends:
            return
        time.sleep(_WAL_PAUSE_S)


def probe(port: int, key: str, secret: str, path: Path) -> int:
    """Knock five times a second, as a shop, as a program and as a person; write down each answer."""
    number = 0
    with path.open("a", encoding="ascii", buffering=1) as out:
        while True:
            number += 1
            body = b'{"probe": %d}' % number
            calls = (
                ("webhook", "POST", f"/webhooks/{BULK}", body, signed(secret, f"probe-{number}", body)),
                ("api", "GET", "/api/v1/orders?limit=5", None, {"Authorization": f"Bearer {key}"}),
                ("page", "GET", "/sign-in", None, {}),
            )
            for what, method, target, content, headers in calls:
                began = time.monotonic()
                status = _status(port, method, target, content, headers)
                out.write(json.dumps([began, what, status, round(time.monotonic() - began, 3)]) + "\n")
            time.sleep(0.2)


def _status(port: int, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S + 5)
    try:
        connection.request(method, target, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _judge(made: House, shots: list[Shot], spells: list[tuple[float, float]], form: Form, outcome: Outcome) -> None:
    due = rest.come(made, limit_s=form.drain_s)
    if due:
        outcome.wrong.append(f"still at work after {form.drain_s:.0f} s: {due}")
    probes = [Probe(*json.loads(line)) for line in (made.folder / "probes.jsonl").read_text().splitlines()]
    acks = traffic.read(made.folder / "acked.jsonl")
    found = verdict.Findings(ledgers.answers(acks))
    with made.database() as session:
        found.wrong += ledgers.accepted(session, acks, channel=BULK)
        found.wrong += ledgers.quarantined(session, acks, channel=BULK)
        found.wrong += ledgers.orders(session, shots, acks, channel=BULK)
        found.wrong += verdict.parked(session)
    verdict.house_in_order(made, found)
    server = made.server("postgresql")
    log = server.log_path.read_text(errors="replace") if server else ""
    outcome.wrong += found.wrong + answered(probes, spells, outcome) + reached(log, len(spells), form, outcome)
    outcome.figures |= {**found.figures, **ledgers.summary(acks), "restarts": made.boss.restarts}
    if len(acks) != len(shots):
        outcome.wrong.append(f"{len(shots)} deliveries were planned, {len(acks)} were answered")


def answered(probes: list[Probe], spells: list[tuple[float, float]], outcome: Outcome) -> list[str]:
    """Every call had an answer, none another error than 503; after each spell a webhook was accepted soon."""
    during = Counter(
        f"{one.what} {one.status}" for one in probes for since, until in spells if since <= one.at <= until
    )
    backs = [
        min(
            (p.at + p.took_s - until for p in probes if p.what == "webhook" and p.status == 202 and p.at >= until),
            default=9e9,
        )
        for _since, until in spells
    ]
    slowest = max((one.took_s for one in probes), default=0.0)
    outcome.figures |= {"while full": dict(during), "accepted again after s": backs, "slowest answer s": slowest}
    wrong = [f"{one.what} was answered {one.status} after {one.took_s} s" for one in probes if one.status not in SERVED]
    wrong += [f"a webhook was accepted {back:.0f} s after the space was back" for back in backs if back > BACK_S]
    return wrong + ([f"an answer took {slowest:.0f} s"] if slowest > ANSWER_S else [])


def reached(log: str, spells: int, form: Form, outcome: Outcome) -> list[str]:
    """A disk that PostgreSQL never found full proves nothing, nor one for whose WAL there was always room."""
    full, down = log.count(_NO_SPACE), log.count(_INTERRUPTED)
    outcome.figures |= {"no space, said PostgreSQL": full, "PostgreSQL went down": down, "times full": spells}
    if not form.least:
        return []
    wrong = [] if full >= form.least else ["PostgreSQL never found its disk full"]
    # Every second spell takes the WAL's space too.
    wrong += [] if down >= spells // 2 else [f"PostgreSQL went down {down} times, at least {spells // 2} wanted"]
    refused = any(name.endswith("503") for name in outcome.figures["while full"])
    return wrong + ([] if refused else ["nobody was ever answered 503"])
