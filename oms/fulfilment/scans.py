"""The record of every scan, right or wrong (F-3): the same device's scan counts once."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db
from oms.errors import KeyReused
from oms.fulfilment.models import Fulfilment, Scan
from oms.fulfilment.scan_rules import Verdict
from oms.rows import insert_rows


class Scanned(Protocol):
    @property
    def scan_id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def qty(self) -> Decimal: ...


def refuse_other(*, same: bool | None) -> None:
    """A device's scan id comes again: with the same bin, code and count it is a repeat, else one of the two would be lost."""
    if not same:
        raise KeyReused("this scan_id was used for another scan: scan again, with an id of its own")


def write_scan(
    session: Session,
    *,
    stage: str,
    scanned: Scanned,
    sku_id: uuid.UUID | None,
    verdict: Verdict,
    actor: str,
    now: datetime,
    fulfilment_id: uuid.UUID,
    task_id: uuid.UUID | None = None,
    bin_code: str | None = None,
) -> bool:
    """Record a scan with its verdict; False where the same id was recorded in this very moment (`first_of`)."""
    row = {
        "id": db.new_id(),
        "scan_id": scanned.scan_id,
        "stage": stage,
        "fulfilment_id": fulfilment_id,
        "task_id": task_id,
        "code": scanned.code[:200],
        "bin_code": bin_code,
        "sku_id": sku_id,
        "qty": scanned.qty,
        "accepted": verdict.accepted,
        "answer": verdict.answer,
        "actor": actor,
        "at": now,
    }
    return bool(insert_rows(session, Scan, [row], unless=("scan_id",), returning="scan_id"))


def first_of(
    session: Session,
    *,
    stage: str,
    scanned: Scanned,
    fulfilment_id: uuid.UUID | None = None,
    wave_id: uuid.UUID | None = None,
    bin_code: str | None = None,
) -> Scan | None:
    """What a device sent under this id while this scan waited for it: it sends again when an answer is slow.

    None where it sent nothing else; KeyReused for another scan. It is of the fulfilment or, at a bin, of the list `wave_id`.
    """
    found = session.scalars(select(Scan).where(Scan.scan_id == scanned.scan_id)).one_or_none()
    if found is not None:
        here = fulfilment_id == found.fulfilment_id or (wave_id is not None and wave_id == _list_of(session, found))
        said = (found.stage, found.code, found.bin_code, found.qty)
        refuse_other(same=here and said == (stage, scanned.code[:200], bin_code, scanned.qty))
    return found


def _list_of(session: Session, found: Scan) -> uuid.UUID | None:
    return session.execute(select(Fulfilment.wave_id).where(Fulfilment.id == found.fulfilment_id)).scalar_one()
