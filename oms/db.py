"""The database edge: Base, column types (encrypted too), business time, and the one transaction.

Only the edge (view, worker, command) opens `Database.transaction()`; services never commit.
"""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid_utils import uuid7

from oms import compact_json, crypto, ids, memory, numbers
from oms.connections import make_engine as make_engine
from oms.plain_session import PlainSession

log = logging.getLogger(__name__)

Ring = Callable[[Iterable[str]], None]
Result = TypeVar("Result")

#: Serialization failure and deadlock: nothing was done, and the same transaction may well succeed at once.
AGAIN = frozenset({"40001", "40P01"})
TRIES = 5
#: Classes of what a server cannot do whoever asks: its line is cut, its disk or memory full, its files out of order.
SERVER_IN_TROUBLE = ("08", "53", "58")


class Timestamp(TypeDecorator[datetime]):
    """An aware instant; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes that are stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.ring().encrypt(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.ring().decrypt(bytes(value))


class EncryptedText(TypeDecorator[str]):
    """Text that is stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.ring().encrypt(value.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else crypto.ring().decrypt(bytes(value)).decode()


class EncryptedJson(TypeDecorator[Any]):
    """A JSON value that is stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.ring().encrypt(compact_json.dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(crypto.ring().decrypt(bytes(value)))


Amount = Numeric(19, 4)
UnitPrice = Numeric(19, 6)
Qty = Numeric(14, 3)


class Base(DeclarativeBase):
    """Every table of oms."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Timestamp,
        Decimal: Amount,
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class BusinessClock(Base):
    """One row: how far business time runs from the database's clock; only tests, demo and what-if set it."""

    __tablename__ = "business_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    offset_s: Mapped[int] = mapped_column(Integer, default=0)


def new_id() -> uuid.UUID:
    """A new UUIDv7: unique, and near to the ones made at the same time."""
    return ids.of_number(uuid7().int)


def new_ids(count: int) -> list[uuid.UUID]:
    of_number = ids.of_number
    return [of_number(uuid7().int) for _ in range(count)]


#: Business time, as an expression.
BUSINESS_TIME = (
    "clock_timestamp() + make_interval(secs => coalesce((SELECT offset_s FROM business_clock WHERE id = 1), 0))"
)
_NOW = text(f"SELECT {BUSINESS_TIME}")


def now(session: Session) -> datetime:
    """Business time, read once per session (one transaction); pass it down as `now`."""
    known = session.info.get("now")
    if known is None:
        known = session.info["now"] = session.execute(_NOW).scalar_one()
    return known  # type: ignore[no-any-return]


def set_offset(session: Session, offset: timedelta) -> None:
    """Move business time for all processes; for tests, the demo and what-if only."""
    session.execute(
        text("INSERT INTO business_clock (id, offset_s) VALUES (1, :s) ON CONFLICT (id) DO UPDATE SET offset_s = :s"),
        {"s": int(offset.total_seconds())},
    )
    session.info.pop("now", None)


def ring_after(session: Session, queues: Iterable[str]) -> None:
    """Remember queues whose steps were opened; `Database.transaction` rings them after the commit."""
    session.info.setdefault("queues", set()).update(queues)


def before_commit(session: Session, name: str, work: Callable[[Session], None]) -> None:
    """Have `work` done once, by `Database.transaction`, just before the commit."""
    session.info.setdefault("before_commit", {})[name] = work


def silent(queues: Iterable[str]) -> None:
    """The ring that does nothing: the sweep finds the work."""


def carried(session: Session, size: int) -> None:
    """Say that `size` bytes of one value went over the session's connection: after much it is closed, not kept.

    The client library's buffers stay as large as the largest row that they held: after a mail of 25 MB 25 MB when it was
    written and 75 MB when it was read.
    """
    if size >= memory.LARGE_BYTES:
        session.connection().detach()


def server_in_trouble(error: BaseException) -> bool:
    """Whether the database itself could not go on; another step would have failed alike."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, DBAPIError) and (error.connection_invalidated or (state or "")[:2] in SERVER_IN_TROUBLE)


def is_worth_again(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed at once: the database asks for it (AGAIN), or a number was drawn that stands."""
    return getattr(error.orig, "sqlstate", None) in AGAIN or numbers.is_clash(error)


def again(work: Callable[[], Result]) -> Result:
    """Run a whole transaction; when that is worth it once more, at most five times, after a jittered pause.

    `work` opens the transaction itself, so that each try reads anew.
    """
    for attempt in range(1, TRIES):
        try:
            return work()
        except DBAPIError as error:
            if not is_worth_again(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)
    return work()


class Database:
    """One engine and the doorbell that is rung after each commit."""

    def __init__(self, engine: Engine, ring: Ring = silent) -> None:
        self.engine = engine
        self.ring = ring

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: commit at the end, roll back on an error, then ring for the steps it opened."""
        with PlainSession(self.engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
                for work in session.info.get("before_commit", {}).values():
                    work(session)
            queues = session.info.get("queues")
        if queues:
            self.ring(queues)
