"""The application's role writes rows and can never change what is append-only (G-2, D-3)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from oms import embedded
from oms.embedded import databases, schema
from tests.servers import TestServers


@pytest.fixture(scope="module", autouse=True)
def _own_server() -> None:
    """Roles belong to a whole server, and one of somebody else has its own: there, as in no run of the gates, nothing is tried."""
    if os.environ.get("OMS_DATABASE_URL"):
        pytest.skip("the server given is not ours to make roles on")


@pytest.fixture(scope="module")
def app_url(servers: TestServers) -> Iterator[str]:
    """A migrated database as the application's role sees it."""
    embedded.make_app_role(servers.database_url)
    name = f"oms_roles_{os.getpid()}"
    url = embedded.create_database(servers.database_url, name)
    schema.upgrade(url)
    yield embedded.as_app(url)
    embedded.drop_database(servers.database_url, name)


def test_the_role_may_be_made_by_several_at_once(servers: TestServers, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        monkeypatch.setattr(databases, "APP_ROLE", f"oms_roles_{os.getpid()}_{number}")
        ready = Barrier(4)

        def make(_number: int, ready: Barrier = ready) -> None:
            ready.wait()
            embedded.make_app_role(servers.database_url)

        with ThreadPoolExecutor(4) as makers:
            list(makers.map(make, range(4)))
        with psycopg.connect(embedded.url_of(servers.database_url, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP ROLE {databases.APP_ROLE}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_entry SET actor = 'eve'",
        "DELETE FROM history_entry",
        "TRUNCATE history_entry",
        "DELETE FROM seal",
        "UPDATE stock_move SET on_hand = 1",
        "DELETE FROM policy_value",
        "DROP TABLE orders",
        "ALTER TABLE history_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
    ],
)
def test_the_applications_role_may_not(app_url: str, statement: str) -> None:
    with psycopg.connect(app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_applications_role_may_write_rows(app_url: str) -> None:
    with psycopg.connect(app_url) as connection:
        connection.execute("INSERT INTO business_clock (id, offset_s) VALUES (1, 0)")
        connection.execute("UPDATE business_clock SET offset_s = 1")
        assert connection.execute("SELECT offset_s FROM business_clock").fetchone() == (1,)
