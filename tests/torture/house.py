"""The house under torture: the real product as processes, on servers of its own, with real peers.

    with house.built(seed=1) as made:      # servers, database, seed; nothing of the product runs yet
        made.redirect("carrier", port)     # optional: the product reaches the carrier through a proxy there
        made.open()                        # peers, web, workers, sweep, mail listener
        made.watch(until)                  # looks after all of them; `until` is called ten times a second

One process of one thread supervises: it forks the product's programs after one import (`forking.py`), so whoever
needs a thread starts a child of its own with `run_beside`. With OMS_DATABASE_URL and OMS_REDIS_URL set, the house
stands on those servers, in a database of its own, and its servers can't be killed.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import psutil
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, installation
from oms.catalog.models import Sku
from oms.demo import children, ground
from oms.demo.children import Child
from oms.demo.ground import Ground
from oms.demo.place import PORTS, Place
from oms.demo.robots.wire import World
from oms.embedded import Server
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.inventory.models import Bin
from oms.parties.models import Channel
from tests.torture import detectors
from tests.torture.forking import Forked, ForkingSupervisor, fork
from tests.torture.options import say
from tests.torture.ports import free_ports
from tests.torture.programs import PROGRAMS, import_all

#: The channel that the traffic comes by: signed webhooks, nobody to ask back.
BULK = "web-bulk"
#: What everybody wants and nobody has enough of.
SCARCE = "SCOOP-WD-01"
#: Pieces put into the first bin of every other good.
PLENTY = 1_000_000
#: dependency -> the fields of Place that say where it is
PEERS = {"carrier": "carrier_port", "shop": "shop_port", "imap": "imap_port", "smtp": "smtp_port"}
READY_S = 60.0


@dataclass(frozen=True, slots=True)
class Leases:
    """Seconds before a silent worker's steps are taken over: for work inside, and for calls to peers."""

    inside_s: int = 3
    outside_s: int = 6


@dataclass(slots=True)
class House:
    """One house. `place` is where the peers really are, `seen` where the product believes them to be."""

    ground: Ground
    seen: Place
    environment: dict[str, str]
    boss: ForkingSupervisor
    beside: list[Forked] = field(default_factory=list)
    #: the database that copies are made of, where a level works in copies
    seeded: str = ""

    @property
    def place(self) -> Place:
        return self.ground.place

    @property
    def folder(self) -> Path:
        return self.ground.place.folder

    def server(self, name: str) -> Server | None:
        """`postgresql` or `redis`; None when it was given and is not ours to stop."""
        return next((server for server in self.ground.servers if server.name == name), None)

    # -------------------------------------------------------------- before it opens

    def upstream(self, name: str) -> str | tuple[str, int]:
        """Where a proxy for that dependency connects to: a socket's path, or host and port."""
        if name in PEERS:
            return "127.0.0.1", getattr(self.place, PEERS[name])
        server = self.server(name)
        if server is None:
            raise LookupError(f"{name} was given by its URL: put the proxy before it there")
        return str(server.socket_dir / {"postgresql": ".s.PGSQL.5432", "redis": "redis.sock"}[name])

    def redirect(self, name: str, port: int) -> None:
        """Let the product reach a dependency (postgresql, redis, carrier, shop, imap, smtp) at that loopback port."""
        if name in PEERS:
            self.seen = replace(self.seen, **{PEERS[name]: port})
            database, broker = self.environment["OMS_DATABASE_URL"], self.environment["OMS_REDIS_URL"]
            self.environment.update(self.seen.environment(database, broker))
        elif name == "postgresql":
            name = ground.database_name(self.ground.run)
            self.environment["OMS_DATABASE_URL"] = f"postgresql://oms@127.0.0.1:{port}/{name}"
        elif name == "redis":
            self.environment["OMS_REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        else:
            raise LookupError(f"the product depends on no {name!r}")

    # -------------------------------------------------------------- life

    def open(self) -> None:
        """Fill the database, start peers and product, wait until the web server answers."""
        self.fill()
        self.start(*children.peers(self.place), children.web(self.place), *children.workers())

    def fill(self) -> None:
        """Migrate and seed the database, and import what the children need; nothing of the product runs yet."""
        ground.fill(replace(self.ground, place=self.seen))
        with self.database() as session:
            _stock_up(session)
            session.connection().exec_driver_sql(detectors.INSTALL)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.environment["PROMETHEUS_MULTIPROC_DIR"]
        import_all()
        gc.collect()
        gc.freeze()

    def start(self, *started: Child) -> None:
        """Start these and wait until the web server answers."""
        for child in started:
            self.boss.start(child)
        if not self.watch(self.answers, limit_s=READY_S):
            raise SystemExit(f"the web server does not answer; see {self.folder}/log")

    def answers(self) -> bool:
        """Does the web server answer?"""
        try:
            with urllib.request.urlopen(f"{self.place.base_url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def watch(self, until: Callable[[], bool], *, limit_s: float = 3600) -> bool:
        """Look after all processes until `until()`, called ten times a second, holds; False when the time is over."""
        ends = time.monotonic() + limit_s
        held: list[bool] = []

        def over() -> bool:
            if until():
                held.append(True)
            return bool(held) or time.monotonic() > ends

        self.boss.watch(over)
        return bool(held)

    def run_beside(self, name: str, run: Callable[[], int | None]) -> Forked:
        """Run a part of the harness in a forked child, which nobody kills and nobody restarts."""
        child = fork(run, log=self.folder / f"{name}.log", environment=self.environment)
        self.beside.append(child)
        return child

    def processes(self) -> dict[str, list[int]]:
        """The living processes of the product by what they are; the harness kills these."""
        pids = self.boss.pids()
        names = {"web": "web master", "workers": "worker parent", "sweep": "sweep", "mail-listener": "mail listener"}
        found = {words: [pids[name]] for name, words in names.items() if name in pids} | {
            "web worker": _below(pids["web"])
        }
        for pid in _below(pids["workers"]):
            found.setdefault(f"worker {_name(pid).removeprefix('oms ')}", []).append(pid)
        return found

    def flush_redis(self) -> None:
        """Wipe Redis; nothing happens while it is away."""
        with suppress(redis.RedisError), redis.Redis.from_url(self.own_redis_url, socket_timeout=2) as client:
            client.flushdb()

    # -------------------------------------------------------------- what the harness itself sees, never by a proxy

    @property
    def own_redis_url(self) -> str:
        return self.ground.environment["OMS_REDIS_URL"]

    @property
    def own_database_url(self) -> str:
        return self.ground.environment["OMS_DATABASE_URL"]

    @contextmanager
    def database(self) -> Iterator[Session]:
        """One transaction of the harness."""
        with installation.opened(self.ground.environment) as session:
            yield session

    @contextmanager
    def judging(self) -> Iterator[Session]:
        """One transaction of the judge, who may think longer about ten thousand orders than the product lets a transaction rest."""
        with self.database() as session:
            session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield session

    def world(self) -> World:
        """What the robots need."""
        seeded = json.loads((self.folder / "world.json").read_text(encoding="utf-8"))
        return World(notes_path=self.folder / "robots.json", **seeded)

    def close(self) -> None:
        """End everything; stopped processes are woken first, since they hear no signal."""
        for child in self.beside:
            child.terminate()
        for pid in {pid for pids in self.boss.pids().values() for pid in (pids, *_below(pids))}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.boss.stop()
        for child in self.beside:
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
        self.ground.leave()


@contextmanager
def built(
    *, leases: Leases | None = None, more: Mapping[str, str] | None = None, keep: bool = False
) -> Iterator[House]:
    """A house whose servers run; `more` is added to the environment of the product's processes.

    Its folder goes with it, but for `keep` and an error: then what its logs tell is all there is.
    """
    found, leases = ground.find("torture", ports=free_ports(PORTS)), leases or Leases()
    environment = {
        **found.environment,
        "OMS_LEASE_S": str(leases.inside_s),
        "OMS_TORTURE_OUTSIDE_LEASE_S": str(leases.outside_s),
        "OMS_TORTURE_WEB_PORT": str(found.place.web_port),
        "PROMETHEUS_MULTIPROC_DIR": str(found.place.folder / "metrics"),
        **(more or {}),
    }
    (found.place.folder / "metrics").mkdir()
    boss = ForkingSupervisor(found.place.folder, environment, found.servers, programs=PROGRAMS)
    boss.stop_on_signals()
    made = House(found, found.place, environment, boss)
    try:
        yield made
    except BaseException:
        keep = True
        say(f"ended by an error; the logs are in {made.folder}/log, the harness's own beside it")
        raise
    finally:
        made.close()
        if not keep:
            shutil.rmtree(made.folder, ignore_errors=True)


def _stock_up(session: Session) -> None:
    """A channel for the traffic, and so much of every good but the scarce one that it never runs short."""
    now = db.now(session)
    secret = session.execute(select(Channel.secrets).where(Channel.name == "web-own")).scalar_one()
    terms = {"currency": "CNY", "payment_terms": "prepaid", "language": "en", "settings": {}}
    session.add(Channel(name=BULK, way="web_shop", source="generic", secrets=secret, **terms))
    rows = session.execute(
        select(Sku.id, Sku.code, Bin.id.label("bin"), Bin.warehouse_id)
        .join(Bin, Bin.code == "GOODS-IN")
        .where(~Sku.bundle, Sku.code != SCARCE)
    ).all()
    moves = [
        Move(
            f"plenty:{r.warehouse_id}:{r.code}", r.warehouse_id, r.id, "opening", on_hand=Decimal(PLENTY), bin_id=r.bin
        )
        for r in rows
    ]
    ledger.ensure_rows(session, places=[(m.warehouse_id, m.sku_id, m.bin_id) for m in moves])
    ledger.post(session, moves, actor="system", now=now)


def _below(pid: int) -> list[int]:
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
