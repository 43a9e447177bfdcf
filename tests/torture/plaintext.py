"""I14: what identifies a person stands nowhere in plain text: not in PostgreSQL, not in Redis, not in a log.

The traffic's own buyers are the canaries: their addresses, streets and telephone numbers are looked for in every row of
every table (bytes too), in every value of Redis (jobs unpacked), in every log of the product and of its servers.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.torture.house import House
from tests.torture.plan import Shot

#: Fewer bytes stand elsewhere by chance.
_LEAST_BYTES = 8
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")

Leak = tuple[str, str]


def canaries(shots: Sequence[Shot]) -> list[str]:
    """What identifies the buyers of the traffic: the host of their e-mail addresses, telephone numbers, streets."""
    found: set[str] = set()
    for shot in shots:
        with suppress(orjson.JSONDecodeError):
            body = orjson.loads(shot.body)
            if isinstance(body, dict) and isinstance(body.get("ship_to"), dict):
                found |= set(_personal(body))
    return sorted(word for word in found if len(word.encode()) >= _LEAST_BYTES)


def _personal(body: dict[str, Any]) -> Iterator[str]:
    for party in (body["customer"], body["ship_to"]):
        yield "@" + (party.get("email") or "").partition("@")[2]
        yield party.get("phone") or ""
    yield from body["ship_to"]["lines"]


def leaks(made: House, words: Sequence[str]) -> list[str]:
    """Where one of the words stands in plain text; nothing is the only good answer."""
    shapes = {shape: word for word in words for shape in _shapes(word)}
    with made.judging() as session:
        found = [*in_tables(session, shapes)]
    logs = [*sorted((made.folder / "log").rglob("*")), *(server.log_path for server in made.ground.servers)]
    found += [*in_redis(made.own_redis_url, shapes), *in_logs(logs, shapes)]
    return [f"I14 {place} holds {word!r} in plain text" for place, word in dict.fromkeys(found)]


def _shapes(word: str) -> Iterator[bytes]:
    """As text, as bytes that PostgreSQL shows in hexadecimal, and as JSON of ASCII letters alone."""
    yield word.encode()
    yield word.encode().hex().encode()
    yield ascii(word)[1:-1].encode()


def _first(raw: bytes, shapes: dict[bytes, str]) -> str | None:
    return next((word for shape, word in shapes.items() if shape in raw), None)


def in_tables(session: Session, shapes: dict[bytes, str]) -> Iterator[Leak]:
    """Each table whose rows hold a word, once a word."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    for table in session.execute(_TABLES).scalars():
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
            words = {_first(bytes(row).replace(rb"\\", b"\\"), shapes) for row in rows}  # COPY doubles them
        yield from ((f"table {table}", word) for word in words if word)


def in_redis(url: str, shapes: dict[bytes, str]) -> Iterator[Leak]:
    """Each key that is or holds a word."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            for raw in (key, *_values(client, key)):
                if word := _first(raw, shapes):
                    yield f"Redis key {key.decode(errors='replace')}", word


def _values(client: Any, key: bytes) -> Iterable[bytes]:
    """All that a key holds; what RQ has packed is unpacked."""
    readers = {
        b"string": lambda: [client.get(key)],
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair],
    }
    kind = client.type(key)
    for raw in readers[kind]() if kind != b"none" else ():
        if raw is not None:
            yield raw
            with suppress(zlib.error):
                yield zlib.decompress(raw)


def in_logs(paths: Iterable[Path], shapes: dict[bytes, str]) -> Iterator[Leak]:
    """Each file that holds a word."""
    for path in paths:
        if path.is_file() and (word := _first(path.read_bytes(), shapes)):
            yield f"log {path.name}", word
