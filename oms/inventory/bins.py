"""Bins with a purpose: where packed goods wait, where returns are inspected."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.inventory.models import Bin

PURPOSES = {"packing": "PACKING", "returns": "RETURNS", "quarantine": "QUARANTINE"}
#: From where goods are picked: what is promised must stand there.
PICKED_FROM = ("pick", "reserve")


def packing_bin(session: Session, *, warehouse_id: uuid.UUID) -> uuid.UUID:
    """The bin where picked goods wait for packing and hand-over."""
    return purpose_bin(session, warehouse_id=warehouse_id, kind="packing")


def purpose_bin(session: Session, *, warehouse_id: uuid.UUID, kind: str) -> uuid.UUID:
    """The warehouse's bin of that kind, made when it is first needed."""
    find = select(Bin.id).where(Bin.warehouse_id == warehouse_id, Bin.kind == kind).limit(1)
    found = session.execute(find).scalar_one_or_none()
    if found is not None:
        return found
    row = {"id": new_id(), "warehouse_id": warehouse_id, "code": PURPOSES[kind], "kind": kind}
    session.execute(pg_insert(Bin).on_conflict_do_nothing(), [row])
    return session.execute(find).scalar_one()


def not_picked_from(kind: str | None, *, code: str) -> str | None:
    """What is wrong with a bin of this kind for goods that are to be promised; None where they may lie there."""
    if kind in PICKED_FROM:
        return None
    return f"nobody picks from {code}: put the goods into another bin"


def not_kept(*, bundle: bool, code: str) -> str | None:
    """What is wrong with goods that are to be booked in: a set is promised by its parts, and itself never."""
    return f"{code} is a set: book its parts in, for a set is promised and picked by them" if bundle else None
