"""A kept connection is used as it is while its line is quiet, and replaced when its server is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from oms import connections


@pytest.fixture
def alone(database_url: str) -> Iterator[Engine]:
    """An engine with one connection."""
    engine = connections.make_engine(database_url, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


def _server_process(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def _asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the driver is asked with from now on, whether the server is there."""
    asked: list[object] = []
    usual = engine.dialect.do_ping

    def asking(connection: object) -> bool:
        asked.append(connection)
        return usual(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.dialect, "do_ping", asking)
    return asked


def test_a_connection_whose_server_process_is_gone_is_replaced_before_it_is_used(alone: Engine, engine: Engine) -> None:
    was = _server_process(alone)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": was}).scalar_one()
    assert _server_process(alone) != was


def test_a_connection_that_was_in_use_just_now_is_not_asked(alone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked(alone, monkeypatch)
    assert _server_process(alone) == _server_process(alone)
    assert asked == []


def test_a_connection_that_rested_for_long_is_asked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = connections.make_engine(database_url, pool_size=1, max_overflow=0, trusted_s=0)
    asked = _asked(engine, monkeypatch)
    assert _server_process(engine) == _server_process(engine)
    assert len(asked) == 1
    engine.dispose()
