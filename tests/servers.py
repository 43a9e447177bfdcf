"""The servers of a test run: one PostgreSQL and one Redis, and one template database that is migrated once."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

from oms import embedded
from oms.db import Base

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "migrations"


@dataclass(slots=True)
class TestServers:
    """URLs of the servers and of the template; plain values, so that they travel to the workers of a parallel run."""

    __test__ = False

    database_url: str
    redis_url: str
    template: str
    started: list[embedded.Server] = field(default_factory=list)
    folder: Path | None = None

    def stop(self) -> None:
        """Stop what was started; on a server of somebody else drop the template."""
        if not any(server.name == "postgresql" for server in self.started):
            embedded.drop_database(self.database_url, self.template)
        for server in self.started:
            server.stop()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start_servers() -> TestServers:
    """Find or start both servers and make the template."""
    found = embedded.find_servers()
    folder = Path(tempfile.mkdtemp(prefix=f"oms-test-{os.getpid()}-", dir=_memory()))
    folder.chmod(0o755)  # PostgreSQL of root runs as nobody and must pass
    started: list[embedded.Server] = []
    database_url, redis_url = found.database_url, found.redis_url
    if database_url is None:
        started.append(embedded.postgres(folder / "postgres", durable=False))
        database_url = started[-1].url
    if redis_url is None:
        started.append(embedded.redis(folder / "redis", durable=False))
        redis_url = started[-1].url
    template = f"oms_test_{os.getpid()}_template"
    make_schema(embedded.create_database(database_url, template))
    return TestServers(database_url, redis_url, template, started, folder)


_MEMORY, _ENOUGH, _OLD_S = Path("/dev/shm"), 2 << 30, 6 * 3600


def _memory() -> Path | None:
    """Where the databases of tests lie: in memory, where it has room; None: with other temporary files.

    A clone has 700 files and lives for a second: on a disk (ext4) a third of a run's CPU went into making and removing them.
    What a killed run left there is removed, for nobody else would.
    """
    if not os.access(_MEMORY, os.W_OK):
        return None
    for left in _MEMORY.glob("oms-test-[0-9]*-*"):
        # A run in another container that shares this memory has no number that we know.
        is_old = time.time() - left.stat().st_mtime > _OLD_S
        if is_old and not psutil.pid_exists(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    return _MEMORY if shutil.disk_usage(_MEMORY).free > _ENOUGH else None


def make_schema(url: str) -> None:
    """THE one place where a test database gets its tables: the migrations; before there are any, the models."""
    if any((MIGRATIONS / "versions").glob("*.py")):
        upgrade(url)
    else:
        create_all(url)


def create_all(url: str) -> None:
    """The tables as the models declare them."""
    import_models()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    engine.dispose()


def upgrade(url: str, revision: str = "head") -> None:
    """`alembic upgrade` of that database."""
    command.upgrade(alembic_config(url), revision)


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def import_models() -> None:
    """Import every module of oms that declares a table."""
    for path in sorted((ROOT / "oms").rglob("*.py")):
        if "(Base)" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
