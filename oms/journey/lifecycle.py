"""advance(): the sole writer of any status, with its HistoryEntry in the same statement (G-2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from oms import compact_json, db, together, transaction_memory
from oms.errors import IllegalTransition
from oms.journey import move_sql
from oms.journey.states import Machine
from oms.together import Write

#: What a transaction knows of orders it holds locked: {id: (round, status)}.
LOCKED_ORDERS = "locked orders"

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

# What comes back are the rows that stay where they are: normally none.
_MOVE = f"""
    WITH want AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:entry_ids AS uuid[]), CAST(:each AS text[]){{arrays}})
                  AS w(id, entry_id, data{{names}})), {move_sql.PARTS}{{told_beside}}
    SELECT id FROM want WHERE id NOT IN (SELECT id FROM moved)
"""
_EACH = """SELECT entry_id, order_id, :subject_type, id, :now, :actor, :event, :cause, was, :to,
                    coalesce(CAST(data AS jsonb), CAST(:data AS jsonb)) FROM moved"""
_BESIDE_MOVE = "CASE WHEN t.{axis} = ANY(CAST(:beside_allowed AS text[])) THEN :beside_to ELSE t.{axis} END"
_BESIDE = """,
    told_beside AS (
        INSERT INTO history_entry (id, order_id, subject_type, subject_id, at, actor, event, cause, was, became, data)
        SELECT beside_id, order_id, :subject_type, id, :now, :actor, :beside_event, :beside_cause, beside_was, :beside_to,
               CAST('{}' AS jsonb)
        FROM moved WHERE beside_was = ANY(CAST(:beside_allowed AS text[])))"""
# Parts of one thing that move together are one entry of that thing, with their ids in it.
_WHOLE = """SELECT (array_agg(entry_id ORDER BY id))[1], order_id, :subject_type, whole_id, :now, :actor, :event, :cause, was, :to,
                    jsonb_build_object(CAST(:parts AS text), jsonb_agg(id ORDER BY id)) FROM moved GROUP BY order_id, whole_id, was"""


@dataclass(frozen=True, slots=True)
class Note:
    """A history entry that moves no status: a field changed, a scan refused, a paper printed."""

    subject_type: str
    subject_id: uuid.UUID
    event: str
    cause: str
    order_id: uuid.UUID | None = None
    was: str | None = None
    became: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """In `also`: what another column of the same row holds."""

    column: str


@dataclass(frozen=True, slots=True)
class Each:
    """In `also`: a value of its own for each row, in the order of the ids."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class First:
    """In `also`: as `Each`, for rows where the column is still empty; one that is filled keeps what it has."""

    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """In `also`: what an expression over the row `t` gives."""

    sql: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Another axis of the rows that move: it goes along where its machine lets it, told in an entry before the other."""

    axis: str
    to: str
    cause: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Whose parts move: their moves are one entry of `subject_type`, whose id the parts keep in `column`."""

    subject_type: str
    column: str


def advance(
    session: Session,
    model: type[db.Base],
    ids: Sequence[uuid.UUID],
    *,
    to: str,
    cause: str,
    actor: str,
    now: datetime,
    axis: str = "status",
    data: Mapping[str, Any] | None = None,
    each: Mapping[uuid.UUID, Mapping[str, Any]] | None = None,
    lenient: bool = False,
    stamp: str | None = None,
    also: Mapping[str, Any] | None = None,
    whole: Whole | None = None,
    beside: Beside | None = None,
    along: Sequence[Write] = (),
) -> list[uuid.UUID]:
    """Move rows of `model` to `to` on one axis; return those that moved. A row that is there already is a repeat.

    The allowed moves stand in `model.MACHINES[axis]`. Raises IllegalTransition naming the rows that
    are elsewhere; with `lenient` they stay where they are instead. `data` is told of all, `each` of one by its id.
    `stamp` names a column that keeps the moment of the first such move; `also` sets columns in the same write.
    `whole`: what moves of parts of something else is told in one entry of that. `along`: written in the same statement.
    """
    if not ids:
        return []
    params = _beside_params(model, beside, len(ids)) | _move_params(model, ids, axis, to, data, each)
    params |= {"now": now, "actor": actor, "cause": cause, **_whole_params(model, whole, to)}
    for column, value in (also or {}).items():
        params[f"also_{column}"] = list(value.values) if isinstance(value, Each | First) else value
    written = tuple((column, _source(column, value)) for column, value in (also or {}).items())
    move = Write(_move(model, axis, stamp, written, whole, beside), params)
    stay = set(together.execute(session, along, last=move).scalars().all())
    if stay and not lenient:
        _refuse_others(session, model, axis, to, [i for i in dict.fromkeys(ids) if i in stay])
    moved = [i for i in dict.fromkeys(ids) if not stay or i not in stay]
    _remember(session, f"{model.__tablename__}.{axis}", moved, to)
    return moved


def _remember(session: Session, moved_axis: str, order_ids: Sequence[uuid.UUID], status: str) -> None:
    if moved_axis != "orders.status":
        return
    known = transaction_memory.of(session, LOCKED_ORDERS)
    known.update((order_id, (known[order_id][0], status)) for order_id in order_ids if order_id in known)


def _whole_params(model: type[db.Base], whole: Whole | None, to: str) -> dict[str, Any]:
    parts = model.__tablename__
    return {"subject_type": whole.subject_type, "parts": parts, "event": f"{parts}.{to}"} if whole else {}


def _beside_params(model: type[db.Base], beside: Beside | None, count: int) -> dict[str, Any]:
    if beside is None:
        return {}
    machine: Machine = model.MACHINES[beside.axis]  # type: ignore[attr-defined]
    return {
        "beside_ids": db.new_ids(count),
        "beside_allowed": machine.sources(beside.to),
        "beside_to": beside.to,
        "beside_event": f"{beside.axis}.{beside.to}",
        "beside_cause": beside.cause,
    }


def _source(column: str, value: object) -> str:
    """Where the statement takes the new value of a column from."""
    if isinstance(value, Own):
        return f"t.{value.column}"
    if isinstance(value, Computed):
        return value.sql
    if isinstance(value, First):
        return f"coalesce(t.{column}, cur.{column})"
    return f"cur.{column}" if isinstance(value, Each) else f":also_{column}"


def _move_params(
    model: type[db.Base],
    ids: Sequence[uuid.UUID],
    axis: str,
    to: str,
    data: Mapping[str, Any] | None,
    each: Mapping[uuid.UUID, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    machine: Machine = model.MACHINES[axis]  # type: ignore[attr-defined]
    return {
        "ids": list(ids),
        "entry_ids": db.new_ids(len(ids)),
        "allowed": machine.sources(to),
        "to": to,
        "subject_type": move_sql.subject_type(model),
        "event": f"{axis}.{to}",
        "data": compact_json.told(dict(data or {})),
        "each": [compact_json.told(dict(each[i])) for i in ids] if each else [],
    }


@cache
def _move(
    model: type[db.Base],
    axis: str,
    stamp: str | None,
    also: tuple[tuple[str, str], ...],
    whole: Whole | None,
    beside: Beside | None,
) -> str:
    """The statement for one axis of one table; an order's own history names the order itself."""
    order_column = move_sql.order_column(model)
    stamped = f", {stamp} = coalesce(t.{stamp}, :now)" if stamp else ""
    stamped += "".join(f", {column} = {source}" for column, source in also)
    rows = [column for column, source in also if f"cur.{column}" in source]
    types = [model.__table__.columns[column].type.compile(_DIALECT) for column in rows]
    arrays = "".join(f", CAST(:also_{column} AS {of}[])" for column, of in zip(rows, types, strict=True))
    # What belongs to an order is written under that order's lock; a row that moved all the same is no longer `was`.
    lock = " FOR UPDATE OF t" if order_column == "NULL::uuid" else ""
    told, kept = (_WHOLE, f", t.{whole.column} AS whole_id") if whole else (_EACH, "")
    names, read = "".join(f", {column}" for column in rows), ""
    if beside is not None:
        arrays, names, read = (
            f"{arrays}, CAST(:beside_ids AS uuid[])",
            f"{names}, beside_id",
            f", t.{beside.axis} AS beside_was",
        )
        stamped += f", {beside.axis} = {_BESIDE_MOVE.format(axis=beside.axis)}"
        kept += ", cur.beside_was, cur.beside_id"
    parts = {"order_column": order_column, "stamp": stamped, "lock": lock, "told": told, "whole": kept, "read": read}
    parts |= {"arrays": arrays, "names": names, "data": ", cur.data", "told_beside": _BESIDE if beside else ""}
    parts |= {"name": "moved", "source": "want", "to": ":to", "allowed": "CAST(:allowed AS text[])"}
    return _MOVE.format(table=model.__tablename__, axis=axis, **parts)


def note(session: Session, notes: Sequence[Note], *, actor: str, now: datetime) -> None:
    """Write history entries that move no status."""
    if notes:
        together.execute(session, [noting(notes, actor=actor, now=now)])


def noting(notes: Sequence[Note], *, actor: str, now: datetime) -> Write:
    """`note` (of at least one entry) as a write that goes together with others."""
    params = {
        "told_id": db.new_ids(len(notes)),
        "told_order": [n.order_id for n in notes],
        "told_type": [n.subject_type for n in notes],
        "told_subject": [n.subject_id for n in notes],
        "told_event": [n.event for n in notes],
        "told_cause": [n.cause for n in notes],
        "told_was": [n.was for n in notes],
        "told_became": [n.became for n in notes],
        "told_data": _data(notes),
        "told_actor": actor,
        "told_at": now,
    }
    return Write(_NOTE, params)


def _data(notes: Sequence[Note]) -> list[str]:
    """What is told with each entry; written once where many tell of the very same."""
    written = {id(n.data): n.data for n in notes}
    texts = {key: compact_json.told(dict(data)) for key, data in written.items()}
    return [texts[id(n.data)] for n in notes]


_NOTE = """
    INSERT INTO history_entry (id, order_id, subject_type, subject_id, at, actor, event, cause, was, became, data)
    SELECT n.id, n.order_id, n.type, n.subject, :told_at, :told_actor, n.event, n.cause, n.was, n.became,
           CAST(n.data AS jsonb)
    FROM unnest(CAST(:told_id AS uuid[]), CAST(:told_order AS uuid[]), CAST(:told_type AS text[]),
                CAST(:told_subject AS uuid[]), CAST(:told_event AS text[]), CAST(:told_cause AS text[]),
                CAST(:told_was AS text[]), CAST(:told_became AS text[]), CAST(:told_data AS text[])) AS n(id, order_id, type, subject, event, cause, was, became, data)
"""


def _refuse_others(session: Session, model: type[db.Base], axis: str, to: str, ids: Sequence[uuid.UUID]) -> None:
    sql = f"SELECT id, {axis} AS was FROM {model.__tablename__} WHERE id = ANY(CAST(:ids AS uuid[]))"
    wrong = [row for row in session.execute(text(sql), {"ids": list(ids)}) if row.was != to]
    if wrong:
        named = ", ".join(f"{model.__tablename__} {row.id}: {row.was} -> {to}" for row in wrong[:5])
        raise IllegalTransition(f"{named} is not allowed")
