"""One lane of the sweep: a database, a Redis database and sandbox peers of its own, and one run after another on them."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from oms import embedded, settings
from oms.settings import Settings
from oms.web import create_app
from oms.web.cached import KEEP_S
from tests.servers import TestServers
from tests.torture import sweep_state, sweep_verdict
from tests.torture.failpoints import SERIALIZATION, Point, Watch, install
from tests.torture.ports import free_ports
from tests.torture.sweep_forks import Ended, ForkedPeer, in_child, quiet
from tests.torture.sweep_house import SHOP, SHOP_SECRET, SHOP_TOKEN, Seed, SweepHouse, WorkerEnded, environment
from tests.torture.sweep_legs import Leg
from tests.torture.sweep_people import Journal, NotYet
from tests.torture.sweep_state import Snapshot
from workers import doorbell, outside
from workers.process import calm_collector

_PORTS = {"carrier": ("port",), "shop": ("port",), "mailbox": ("port", "smtp_port", "imap_port")}
#: Of a leg's process without a fault.
UNTOUCHED_TRIES = 5
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Baseline:
    """A leg without a fault: where it begins, its points, how it ends."""

    leg: Leg
    start: Snapshot
    points: list[Point]
    end: dict[str, Any]
    tries: list[str]


@dataclass
class Run:
    """One leg with one fault."""

    leg: str
    label: str
    place: int
    mode: str
    fired: bool = False
    violations: list[str] = field(default_factory=list)
    repeated_mails: int = 0
    answers: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Lane:
    """`run` brings the world back to the start of the leg, lets a child fail at the point, another go on, and judges."""

    def __init__(self, servers: TestServers, folder: Path, seed: Seed | None = None, placed: Any = None) -> None:
        self.folder = folder / f"lane-{os.getpid()}-{next(_numbers)}"
        self.folder.mkdir(mode=0o755)
        self._servers = servers
        self._name = f"oms_sweep_{os.getpid()}_{self.folder.name.rpartition('-')[2]}"
        self.database_url = embedded.create_database(servers.database_url, self._name, template=servers.template)
        self.redis_url = embedded.claim_redis(servers.redis_url)
        self.ports = {name: dict(zip(files, free_ports(len(files)), strict=True)) for name, files in _PORTS.items()}
        self.peers = {name: self._peer(name) for name in _PORTS}
        self.settings = self._settings()
        os.environ["OMS_REDIS_URL"] = self.redis_url
        self.journal = Journal(self.folder / "journal")
        self.app = create_app(settings=self.settings, ring=doorbell.ring)
        self.seed, self.placed = seed, placed
        self._at: Snapshot | None = None
        self._last_uid = 0
        self._sent_before: set[str] = set()
        #: what a positive control breaks in each child
        self.spoil: Callable[[], None] | None = None

    def _peer(self, name: str) -> ForkedPeer:
        given: dict[str, list[str]] = {
            "carrier": ["--speed", "50"],
            "mailbox": ["--account", "shop@tea.example:x", "--password", "customers"],
            "shop": ["--oms-url", "http://127.0.0.1:1", "--channel", SHOP, "generic", SHOP_SECRET, SHOP_TOKEN],
        }
        return ForkedPeer(name, self.folder / name, *given[name])

    def _settings(self) -> Settings:
        smtp_port = self.ports["mailbox"]["smtp_port"]
        return settings.load(environment(self.database_url, self.redis_url, smtp_port))

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]['port']}"

    def open(self) -> Lane:
        """Start the peers, each on its own ports."""
        for name, peer in self.peers.items():
            peer.state.mkdir(parents=True, exist_ok=True)
            for file, port in self.ports[name].items():
                (peer.state / file).write_text(str(port), encoding="ascii")
            peer.start()
        return self

    def close(self) -> None:
        for peer in self.peers.values():
            peer.kill()
        embedded.release_redis(self.redis_url)
        embedded.drop_database(self._servers.database_url, self._name)

    def warm(self, legs: Sequence[Leg]) -> None:
        """Live one life in this process, so that its children need not import, compile and draw everything anew."""
        with quiet(self.folder / "log"):
            house = self.house(patient=True)
            for leg in legs:
                leg.ready(house)
                leg.act(house)
        house.process.database.engine.dispose()
        time.sleep(KEEP_S)  # what the web process keeps for seconds is forgotten
        for pool in outside._POOL:
            pool.shutdown()
        outside._POOL.clear()
        SweepHouse.kept_process = house.process
        self._at = None
        calm_collector()

    # -------------------------------------------------------------- children

    def house(self, *, patient: bool = False) -> SweepHouse:
        assert self.seed is not None
        if self.spoil:
            self.spoil()
        house = SweepHouse(self.app, self.settings, self.journal.read(), self.seed, self.placed, dict(self.peers))
        house.patient = patient
        return house

    def child(self, work: Callable[[], Any]) -> Ended:
        with quiet(self.folder / "log"):
            return in_child(work, self.folder / "note.json")

    def attempt(self, leg: Leg, watch: Watch) -> Ended:
        """The process that may fail."""

        def work() -> dict[str, Any]:
            house, stopped = self.house(), ""
            install(watch)
            try:
                leg.act(house)
            except (NotYet, WorkerEnded) as why:
                stopped = repr(why)  # the others have to wait; the process ends, another will go on
            points = [asdict(point) for point in watch.seen]
            return {"points": points, "stopped": stopped, "left": house.left_over()}

        return self.child(work)

    def go_on(self, leg: Leg, dead: int) -> Ended:
        """The restarted house: takes over what the dead one held, finishes the leg, and is examined."""

        def work() -> dict[str, Any]:
            house = self.house(patient=True)
            house.take_over(dead)
            house.settle()
            leg.act(house)
            house.settle()
            return self._examined(house)

        return self.child(work)

    def _examined(self, house: SweepHouse) -> dict[str, Any]:
        database = house.process.database
        faults = sweep_verdict.faults_of(database)
        wrong, again = sweep_verdict.mails_faults(
            database, self.peers["mailbox"], after=self._last_uid, known=self._sent_before
        )
        end: dict[str, Any] = sweep_verdict.picture(database)
        end["at the carrier"] = sweep_verdict.at_carrier(self.peers["carrier"])
        end["at the shop"] = sweep_verdict.at_shop(self.peers["shop"])
        return {"faults": faults + wrong, "again": again, "end": end, "tries": sweep_verdict.tries(database)}

    # -------------------------------------------------------------- a leg without a fault, and with one

    def restore(self, leg: Leg, start: Snapshot) -> None:
        """Bring everything back to the start of the leg."""
        addresses = {"carrier": self.address("carrier"), "channel": f"{self.address('shop')}/{SHOP}"}
        sweep_state.restore_rows(self.database_url, start, addresses=addresses)
        sweep_state.empty_redis(self.redis_url)
        for name in ("carrier", "shop"):
            if self._at is not start or name in leg.peers:
                self.peers[name].kill()
                sweep_state.restore_folder(start, name, self.peers[name].state, ports=self.ports[name])
                self.peers[name].start()
        sweep_state.restore_journal(start, self.journal.path)
        self._at, self._sent_before = start, set(self.journal.read().told.get("mails", []))
        self._last_uid = max((mail["uid"] for mail in sweep_verdict.mails(self.peers["mailbox"], after=0)), default=0)

    def baselines(self, legs: Sequence[Leg]) -> list[Baseline]:
        """One life untouched, leg by leg. The next leg begins where the process ended, with what it left to others."""
        found = []
        start = self.snapshot(legs[0].name)
        for leg, after in zip(legs, [*legs[1:], None], strict=True):
            attempt = self._untouched(leg, start)
            begun = start
            if after is not None:
                start = self._start_of(after)
            ended = self.go_on(leg, attempt.pid)
            assert ended.fault is None, f"{leg.name}: {ended.fault}"
            assert ended.answer["faults"] == [], f"{leg.name}: {ended.answer['faults']}"
            assert ended.answer["again"] == 0, f"{leg.name}: {ended.answer['again']} mails came again without a fault"
            found.append(
                Baseline(
                    leg,
                    begun,
                    [Point(**point) for point in attempt.answer["points"]],
                    ended.answer["end"],
                    ended.answer["tries"],
                )
            )
        return found

    def _start_of(self, leg: Leg) -> Snapshot:
        """Wait for the world, then keep it."""
        self.journal.read()
        ready = self.child(lambda: leg.ready(self.house()))
        assert ready.fault is None, f"{leg.name}: {ready.fault}"
        return self.snapshot(leg.name)

    def _untouched(self, leg: Leg, start: Snapshot) -> Ended:
        """The leg's process without a fault; on a busy machine a ring may get lost, then once more."""
        for _ in range(UNTOUCHED_TRIES):
            self.restore(leg, start)
            attempt = self.attempt(leg, Watch())
            assert attempt.fault is None, f"{leg.name}: {attempt.fault}"
            if not attempt.answer["stopped"] and not attempt.answer["left"]:
                return attempt
        raise AssertionError(
            f"{leg.name} does not come to its end: {attempt.answer['stopped']}, {attempt.answer['left']}"
        )

    def snapshot(self, name: str) -> Snapshot:
        states = {peer: self.peers[peer].state for peer in ("carrier", "shop")}
        for peer in states:
            self.peers[peer].kill()
        self.journal.read()
        sent = self.child(lambda: sweep_verdict.sent(self.house().process.database))
        self.journal.tell("mails", sent.answer)
        taken = sweep_state.take(self.database_url, self.folder / f"start-{name}", peers=states, journal=self.journal)
        for peer in states:
            self.peers[peer].start()
        return taken

    def run(self, base: Baseline, point: Point, mode: str) -> Run:
        """The leg with one fault; what is wrong afterwards stands in `violations`."""
        began = time.monotonic()
        run = Run(base.leg.name, point.label, point.place, mode)
        self.restore(base.leg, base.start)
        self.journal.read()
        watch = Watch(point, mode, lambda: self.journal.write(fired=True))
        attempt = self.attempt(base.leg, watch)
        ended = self.go_on(base.leg, attempt.pid)
        self._judge(run, base, attempt, ended)
        run.seconds = round(time.monotonic() - began, 3)
        return run

    def _judge(self, run: Run, base: Baseline, attempt: Ended, ended: Ended) -> None:
        notes = self.journal.read().notes
        # A kill that killed nobody proves nothing; the place counts as not reached.
        spared = run.mode.startswith("kill") and not attempt.killed
        run.fired = any("fired" in note for note in notes) and not spared
        run.answers = [f"{note['refused']}: {note['status']}" for note in notes if "refused" in note]
        said = [
            f"{who}: {child.fault or 'hung'}"
            for who, child in (("attempt", attempt), ("restart", ended))
            if child.fault or child.hung
        ]
        if attempt.killed and not run.mode.startswith("kill"):
            said.append("the process was killed by nobody")
        if ended.answer is not None:
            run.repeated_mails = ended.answer["again"]
            said += ended.answer["faults"] + sweep_verdict.differences(base.end, ended.answer["end"])
            if run.mode == SERIALIZATION:
                said += sweep_verdict.differences({"steps": base.tries}, {"steps": ended.answer["tries"]})
        elif not said:
            said.append("the restarted house gave no answer")
        run.violations = said
