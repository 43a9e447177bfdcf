"""The ground of every benchmark: a durable PostgreSQL (fsync on), a Redis, a migrated database of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from oms import crypto, db, embedded, settings
from oms.db import Database
from oms.embedded import Server, schema
from oms.journey import calendar_store

ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Ground:
    """Where a benchmark runs; `roots` are the processes whose CPU counts as the product's, `servers` those of PostgreSQL and Redis.

    A limit counts the servers alone: the product's processes work and wait beside it.
    """

    database: Database
    environment: dict[str, str]
    folder: Path
    web_port: int
    roots: list[int] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    servers: tuple[int, ...] = ()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start a process of the product; its CPU counts from now on."""
        with (self.folder / "children.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *argv], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.children.append(child)
        self.roots.append(child.pid)
        return child

    def stop(self, *stopped: subprocess.Popen[bytes]) -> None:
        """End these processes and wait for them; their CPU counts no longer."""
        for child in stopped:
            child.terminate()
        for child in stopped:
            child.wait(30)
            self.children.remove(child)
            self.roots.remove(child.pid)

    def require_running(self) -> None:
        """Raise SystemExit with what it wrote last when one of the processes has ended: without it no figure is true."""
        for child in self.children:
            if child.poll() is not None:
                raise SystemExit(f"{child.args!r} ended with {child.returncode}:\n{log_tail(self, 40)}")

    def wait_for_web(self, timeout_s: float = 120) -> None:
        """Wait until the web server answers."""
        wait_for(f"{self.base_url}/healthz", timeout_s=timeout_s)


def wait_for(url: str, timeout_s: float = 120) -> None:
    """Wait until a server answers there."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


@contextmanager
def ground(*, preload: str = "") -> Iterator[Ground]:
    """Start the servers, make and migrate a database; take everything away at the end. `preload`: as `embedded.postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="oms-bench-"))
    folder.chmod(0o755)
    found = embedded.find_servers()
    servers: list[Server] = []
    if found.database_url is None:
        servers.append(embedded.postgres(folder / "postgres", durable=True, preload=preload))
    if found.redis_url is None:
        servers.append(embedded.redis(folder / "redis", durable=True))
    by_name = {server.name: server for server in servers}
    database_server = found.database_url or by_name["postgresql"].url
    redis_url = embedded.claim_redis(found.redis_url) if found.redis_url else by_name["redis"].url
    name = f"oms_bench_{os.getpid()}"
    url = embedded.create_database(database_server, name)
    schema.upgrade(url)
    environment = _environment(url, redis_url)
    pids = [server.pid for server in servers if server.pid]
    made = Ground(_database(environment), environment, folder, free_port(), list(pids), servers=tuple(pids))
    try:
        yield made
    finally:
        _leave(made, servers, database_server if found.database_url else None, name)
        if found.redis_url:
            embedded.release_redis(redis_url)


def log_tail(made: Ground, lines: int = 5) -> str:
    """The end of what the processes wrote, for a benchmark that could not go on."""
    path = made.folder / "children.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _leave(made: Ground, servers: list[Server], given: str | None, name: str) -> None:
    for child in made.children:
        child.terminate()
    for child in made.children:
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
    made.database.engine.dispose()
    if given:
        embedded.drop_database(given, name)
    for server in reversed(servers):
        server.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


def _environment(url: str, redis_url: str) -> dict[str, str]:
    return {
        # Compiled files as any installation has them: compiling at each start costs seconds and leaves holes in the heap.
        **{k: v for k, v in os.environ.items() if not k.startswith("OMS_") and k != "PYTHONDONTWRITEBYTECODE"},
        "OMS_DATABASE_URL": url,
        "OMS_REDIS_URL": redis_url,
        "OMS_SECRET_KEY": secrets.token_hex(32),
        "OMS_ENCRYPTION_KEYS": f"1:{secrets.token_hex(32)}",
        "OMS_INDEX_KEY": secrets.token_hex(32),
        "OMS_ENVIRONMENT": "production",
    }


def _database(environment: dict[str, str]) -> Database:
    deploy = settings.load(environment)
    crypto.install(crypto.key_ring(deploy.encryption_keys, deploy.index_key))
    database = Database(db.make_engine(deploy.database_url, role="report", pool_size=2))
    with database.transaction() as session:
        calendar_store.keep_organisation(session, zone=deploy.zone, country=deploy.country, now=db.now(session))
    return database


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])
