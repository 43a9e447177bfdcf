"""The log of workers and commands: one line of JSON an event."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator

import pytest

from oms.cli.logs import JsonLines


@pytest.fixture(params=["Asia/Shanghai", "America/New_York", "UTC"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_a_line_tells_its_moment_in_utc_wherever_its_machine_stands(machine_zone: str) -> None:
    """Lines of several hosts are read beside each other, and beside those of the web, which are in UTC."""
    record = logging.makeLogRecord({"msg": "step failed", "kind": "book", "levelno": 40, "levelname": "ERROR"})
    record.created = 1_764_500_000.25
    line = json.loads(JsonLines().format(record))
    assert line["at"] == "2025-11-30T10:53:20.250000Z"
    assert (line["event"], line["kind"], line["level"]) == ("step failed", "book", "error")
