"""The search for personal data in plain text finds it, however it is stored."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.torture import plaintext, plan

STREET = "科苑路15号"
SHAPES = dict.fromkeys(plaintext._shapes(STREET), STREET)


@pytest.mark.parametrize("value", [STREET, STREET.encode(), f'{{"lines": ["{ascii(STREET)[1:-1]}"]}}'])
def test_a_column_that_holds_a_street(session: Session, value: str | bytes):
    session.execute(text("CREATE TABLE leak (words text, raw bytea)"))
    column = "raw" if isinstance(value, bytes) else "words"
    assert list(plaintext.in_tables(session, SHAPES)) == []
    session.execute(text(f"INSERT INTO leak ({column}) VALUES (:value)"), {"value": value})
    assert list(plaintext.in_tables(session, SHAPES)) == [("table leak", STREET)]


def test_a_job_and_a_hash_in_redis(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        client.set("counter", 7)
        client.zadd("due", {"order": 1})
        assert list(plaintext.in_redis(redis_url, SHAPES)) == []
        client.hset("rq:job:1", "data", zlib.compress(f"deliver to {STREET}".encode()))
        client.rpush("said", STREET)
        places = {place for place, _ in plaintext.in_redis(redis_url, SHAPES)}
    assert places == {"Redis key rq:job:1", "Redis key said"}


def test_a_log(tmp_path: Path):
    (tmp_path / "web.log").write_text(f"refused: {STREET}\n", encoding="utf-8")
    (tmp_path / "sweep.log").write_text("rang twice\n", encoding="utf-8")
    assert list(plaintext.in_logs(sorted(tmp_path.iterdir()), SHAPES)) == [("log web.log", STREET)]


def test_the_canaries_are_those_of_the_traffic():
    words = plaintext.canaries(plan.make(1, orders=40, seconds=1))
    assert STREET in words
    assert "@customer.example" in words
    assert any(word.startswith("+86") for word in words)
