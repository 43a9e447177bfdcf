"""T5: wrong clocks. Every process of the product believes another time: ten minutes ahead, ten behind, then an hour back.

Only the database's clock counts, so nothing may come out otherwise: every order ends as planned, and no row holds a moment
from a wrong clock. Each program runs under libfaketime (Debian package `faketime`), which a file tells its clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

from oms.demo import children
from tests.torture import moments, plan, traffic, verdict
from tests.torture.house import House, Leases, built
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.verdict import Outcome

NO_FAKETIME = "there is no libfaketime (apt-get install faketime)"
_PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
#: program -> its clock, then its clock after the jump (in seconds off)
CLOCKS: dict[str, tuple[int, int]] = {
    "web": (600, -3000),
    "workers": (-600, -4200),
    "sweep": (600, -3000),
    "mail-listener": (-600, 600),
}
#: Columns (or table.column) that name a moment to come, or that another one told. Leases and delays are watched (`moments.py`).
_OTHERS = frozenset(
    """due_at first_due_at due_before due_after remedy_due_at remind_at run_after lease_until expires_at valid_until valid_from
    placed_at version_at planned_at cut_off_at deliver_by requested_deliver_by requested_ship_by expected_at locked_until
    pick_up_from pick_up_until promised_ship_at promised_deliver_at
    first_promised_ship_at first_promised_deliver_at settled_at kpi_recount.at""".split()
)
_COLUMNS = text("""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
""")


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes; the clocks jump back after `jump_s`."""

    orders: int
    seconds: float
    jump_s: float
    drain_s: float
    least: int = 1
    faults: int = 1


#: Longer than the clocks' calls, so that no lease is lost to a slow machine.
LEASES = Leases(10, 62)

SHORT = Form(40, 12, 6, 240)
LONG = Form(1_000, 180, 90, 900)


def run(options: Options) -> Outcome:
    """One run of T5. Without libfaketime it says so, and with CI=true it is red."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("t5", options.seed, long=options.long)
    library = next((path for place in _PLACES for path in Path("/").glob(place.lstrip("/"))), None)
    if library is None:
        outcome.cannot_run(NO_FAKETIME)
        return outcome
    shots = plan.make(options.seed, orders=form.orders, seconds=form.seconds)
    with built(leases=LEASES, keep=options.keep) as made:
        options.say(f"t5: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        began = datetime.now(UTC)
        made.boss.programs = programs(made, library)
        made.open()
        watcher = moments.Watcher(made, max(LEASES.inside_s, LEASES.outside_s))
        _live(made, shots, form, watcher)
        drained = _drained(made, form, watcher)
        outcome.figures["drain_s"] = drained and round(drained, 1)
        if drained is None:
            outcome.wrong.append(f"not at rest after {form.drain_s:.0f} s: {verdict.left(made)}")
        found = verdict.judge(made, shots)
        outcome.wrong += found.wrong + strangers(made, began, outcome) + believed(made, outcome)
        outcome.wrong += _watched(watcher, outcome)
        outcome.figures |= found.figures
    return outcome


def programs(made: House, library: Path) -> dict[str, Callable[[], int | None]]:
    """Each program with its own clock: the forked child becomes the real program under libfaketime."""
    found: dict[str, Callable[[], int | None]] = {}
    for child in [children.web(made.place), *children.workers()]:
        _set(made.folder, child.name, CLOCKS[child.name][0])
        found[child.name] = partial(_become, child.argv, library, made.folder / f"clock.{child.name}")
    return found


def _become(argv: Sequence[str], library: Path, clock: Path) -> int:
    wrong = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        # What measures durations is not touched: no clock of a machine jumps there.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # Nor the times of files, by which gunicorn sees whether its workers live.
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": os.pathsep.join((str(Path(__file__).with_name("wrong_clock")), os.environ.get("PYTHONPATH", ""))),
    }
    os.execve(argv[0], list(argv), {**os.environ, **wrong})
    return 1


def _set(folder: Path, name: str, seconds: int) -> None:
    path = folder / f"clock.{name}"
    new = path.with_suffix(".new")
    new.write_text(f"{seconds:+d}s\n", encoding="ascii")
    new.replace(path)


def _live(made: House, shots: list[Shot], form: Form, watcher: moments.Watcher) -> None:
    """Traffic and people at work, leases and delays looked at; in the middle all clocks jump."""

    def until(over: Callable[[], bool]) -> bool:
        watcher.look()
        return over()

    sender = traffic.live(made, shots)
    ends = time.monotonic() + form.jump_s
    made.watch(lambda: until(lambda: time.monotonic() > ends))
    for name, (_before, after) in CLOCKS.items():
        _set(made.folder, name, after)
    made.watch(lambda: until(lambda: sender.poll() is not None), limit_s=traffic.PATIENCE_S + 60)


def _drained(made: House, form: Form, watcher: moments.Watcher) -> float | None:
    """`verdict.drain`, with leases and delays looked at meanwhile."""
    began = time.monotonic()
    while time.monotonic() - began < form.drain_s:
        watcher.look()
        if verdict.drain(made, limit_s=2 * moments.EVERY_S) is not None:
            return time.monotonic() - began
    return None


def _watched(watcher: moments.Watcher, outcome: Outcome) -> list[str]:
    """What the watcher saw, with a last look at all steps; a run in which it saw nothing proves nothing."""
    watcher.look(all_steps=True)
    outcome.figures |= {"leases looked at": watcher.leases, "delays looked at": watcher.delays}
    unseen = [] if watcher.leases else ["no lease was ever seen"]
    return [f"a wrong clock's: {words}" for words in watcher.wrong.values()] + unseen


def strangers(made: House, began: datetime, outcome: Outcome) -> list[str]:
    """Rows with a moment that only a wrong clock can have told: after now, or in the hour before the run began."""
    wrong: list[str] = []
    looked = 0
    early = began - timedelta(seconds=60)
    with made.database() as session:
        for table, column in session.execute(_COLUMNS).all():
            if not _OTHERS.isdisjoint({column, f"{table}.{column}"}):
                continue
            looked += 1
            found = session.execute(
                text(f"""SELECT count(*) FROM {table} WHERE {column} > clock_timestamp() + interval '60 s'
                         OR ({column} > :hour AND {column} < :early)"""),
                {"hour": early - timedelta(hours=2), "early": early},
            ).scalar_one()
            wrong += [f"{table}.{column}: {found} rows with the moment of a wrong clock"] if found else []
    outcome.figures["columns of moments"] = looked
    return wrong


def believed(made: House, outcome: Outcome) -> list[str]:
    """A harness under which the clocks were right proves nothing: what each process believed at its start."""
    off = {}
    for name in CLOCKS:
        path = made.folder / f"clock.{name}.seen"
        off[name] = round(float(path.read_text(encoding="ascii")) - path.stat().st_mtime) if path.exists() else 0
    outcome.figures["clocks off by s"] = off
    return [f"the clock of {name} was off by {s} s only" for name, s in off.items() if abs(s) < 500]
