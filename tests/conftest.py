"""Fixtures of every test: real servers, one database per test worker, a transaction per test that is rolled back.

Needs nothing but the environment that `dev.py` makes; with OMS_DATABASE_URL and OMS_REDIS_URL set it uses those
servers and makes databases of its own there.
"""

from __future__ import annotations

import functools
import gc
import itertools
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis
from hypothesis.configuration import set_hypothesis_home_dir
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from oms import crypto, embedded, settings
from oms.db import Database, make_engine
from tests.servers import ROOT, TestServers, start_servers

SAMPLES = ROOT.parent / "shared" / "samples"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_BROWSER = "NO CHROMIUM: browser tests did not run (apt-get install chromium)"
NO_SAMPLES = "NO SAMPLES: tests on the shared sample files did not run (they lie beside the repository)"

ENCRYPTION_KEYS = "1:" + "5a" * 32
INDEX_KEY = "tests-only-index-key-0123456789abcdef"
SECRET_KEY = "tests-only-signing-key-0123456789abcdef"

#: A Wednesday, 10:00 in Shanghai.
BUSINESS_NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)

SERVERS = pytest.StashKey[TestServers]()

if not os.access(ROOT, os.W_OK):  # a checkout of somebody else
    set_hypothesis_home_dir(tempfile.mkdtemp(prefix="oms-hypothesis-"))
hypothesis.settings.register_profile("oms", deadline=None, print_blob=True)
hypothesis.settings.load_profile("oms")
crypto.install(crypto.key_ring(ENCRYPTION_KEYS, INDEX_KEY))


# ------------------------------------------------------------------ servers: one of each per run


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In a parallel run the controller starts the servers and tells each worker where they are."""
    servers = _servers(node.config)
    node.workerinput["oms_servers"] = (servers.database_url, servers.redis_url, servers.template)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported is never garbage: not looked through again and again, which took a tenth of the run."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(SERVERS, None)
    if servers is not None and not hasattr(config, "workerinput"):
        servers.stop()


def _servers(config: pytest.Config) -> TestServers:
    if SERVERS not in config.stash:
        told = getattr(config, "workerinput", {}).get("oms_servers")
        config.stash[SERVERS] = TestServers(*told) if told else start_servers()
    return config.stash[SERVERS]


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> TestServers:
    """The run's servers and the name of the template database."""
    return _servers(request.config)


# ------------------------------------------------------------------ databases


@pytest.fixture(scope="session")
def database_url(servers: TestServers, request: pytest.FixtureRequest) -> Iterator[str]:
    """This test worker's own database; nothing is ever committed in it."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    name = servers.template.replace("_template", f"_{worker}")
    yield embedded.create_database(servers.database_url, name, template=servers.template)
    embedded.drop_database(servers.database_url, name)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose transaction is rolled back at the end; a commit in it ends a savepoint only."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as opened:
            yield opened
        outer.rollback()


@dataclass(frozen=True, slots=True)
class CleanDatabase:
    """A database of one test, in which commits are real."""

    url: str
    engine: Engine
    database: Database


_numbers = itertools.count(1)


def _own_name(servers: TestServers) -> str:
    """A name that no other test has, nor the same test in the worker beside this one."""
    return servers.template.replace("_template", f"_{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def empty_database_url(servers: TestServers) -> Iterator[Callable[[], str]]:
    """Makes databases without a table; each call gives the URL of another."""
    made: list[str] = []

    def make() -> str:
        made.append(_own_name(servers))
        return embedded.create_database(servers.database_url, made[-1])

    yield make
    for name in made:
        embedded.drop_database(servers.database_url, name)


@pytest.fixture
def clean_database(servers: TestServers) -> Iterator[CleanDatabase]:
    """A fresh database cloned from the template, for tests that need commits, several connections or processes."""
    name = _own_name(servers)
    url = embedded.create_database(servers.database_url, name, template=servers.template)
    made = make_engine(url, pool_size=5, max_overflow=15)
    yield CleanDatabase(url, made, Database(made))
    made.dispose()
    embedded.drop_database(servers.database_url, name)


@pytest.fixture
def database(clean_database: CleanDatabase) -> Database:
    """`clean_database` as what the edges get: `with database.transaction() as session`."""
    return clean_database.database


@pytest.fixture
def business_now(session: Session) -> datetime:
    """A fixed business time, which `db.now(session)` gives too in this test."""
    session.info["now"] = BUSINESS_NOW
    return BUSINESS_NOW


# ------------------------------------------------------------------ redis


@pytest.fixture(scope="session")
def _claimed_redis(servers: TestServers) -> Iterator[str]:
    url = embedded.claim_redis(servers.redis_url)
    yield url
    embedded.release_redis(url)


@pytest.fixture
def redis_url(_claimed_redis: str) -> str:
    """This test worker's own logical database on the real Redis, empty at the start of the test."""
    embedded.empty_redis(_claimed_redis)
    return _claimed_redis


_POOLS = weakref.WeakSet[redis.ConnectionPool]()
_make_pool = redis.ConnectionPool.__init__


@functools.wraps(_make_pool)
def _noted_pool(self: redis.ConnectionPool, *words: Any, **named: Any) -> None:
    _make_pool(self, *words, **named)
    _POOLS.add(self)


redis.ConnectionPool.__init__ = _noted_pool  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _redis_lines_closed() -> Iterator[None]:
    """The connections to Redis that a test opened end with it: left to the collector, they would fail any test after it."""
    yield
    for pool in list(_POOLS):
        pool.disconnect()


# ------------------------------------------------------------------ settings


@pytest.fixture
def environ(clean_database: CleanDatabase, redis_url: str) -> dict[str, str]:
    """The variables of a process under test, on `clean_database`."""
    return {
        "OMS_DATABASE_URL": clean_database.url,
        "OMS_REDIS_URL": redis_url,
        "OMS_SECRET_KEY": SECRET_KEY,
        "OMS_ENCRYPTION_KEYS": ENCRYPTION_KEYS,
        "OMS_INDEX_KEY": INDEX_KEY,
        "OMS_ENVIRONMENT": "test",
    }


@pytest.fixture
def app_settings(environ: dict[str, str]) -> settings.Settings:
    return settings.load(environ)


# ------------------------------------------------------------------ what may be absent, and then is said loudly


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of shared sample files beside the repository; the test is skipped, loudly, where it is absent."""
    if not SAMPLES.is_dir():
        pytest.skip(NO_SAMPLES)
    return SAMPLES


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program, for `launch(executable_path=...)`."""
    if CHROMIUM is None:
        _no_browser()
    return str(CHROMIUM)


def _no_browser() -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    pytest.skip(NO_BROWSER)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and CHROMIUM is None:
        _no_browser()
    if item.get_closest_marker("samples") and not SAMPLES.is_dir():
        pytest.skip(NO_SAMPLES)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One loud line for each thing whose absence kept tests from running."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for reason, mark in ((NO_BROWSER, NO_BROWSER), (NO_SAMPLES, "beside th")):
        count = sum(mark in text for text in skipped)
        if count:
            terminalreporter.write_sep("!", f"{reason}: {count} skipped", red=True, bold=True)
