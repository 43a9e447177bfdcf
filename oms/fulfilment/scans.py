"""The record of every scan, right or wrong (F-3): the same device's scan counts once."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session

from oms import db
from oms.errors import KeyReused
from oms.fulfilment.models import Scan
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
) -> None:
    """Record a scan with its verdict."""
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
    insert_rows(session, Scan, [row])
