"""What the warehouse does, a batch at a time: paper lists back, a scanning tunnel, cartons, labels, both signatures.

Each takes the next batch that nobody else holds, commits it and tells how much there was, so that several may work side by side.
The carrier's own HTTP call is not in it; recording its labels is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.ground import Ground
from connectors.carriage import Label
from oms import db
from oms.fulfilment import checking, paper
from oms.fulfilment.boxing import Box
from oms.fulfilment.packing import PackScan
from oms.journey import steps
from oms.shipping import booking, handover, parcels
from oms.shipping.parcels import Closing

BATCH = 200
#: Three lines of two pieces, 300 g each, in a carton of 200 g.
BOX_WEIGHT_G = 2000

#: Whoever takes a batch holds its lists, or its orders; another process of the warehouse passes over them.
_TAKEN = "FOR NO KEY UPDATE OF {} SKIP LOCKED"


def pick(made: Ground) -> int:
    """Pick lists on paper come back, several at a time, so that a transaction holds about a batch of orders."""
    with made.database.transaction() as session:
        found = session.execute(
            text(
                f"SELECT w.id FROM wave w WHERE w.status = 'released' ORDER BY w.id LIMIT :lists {_TAKEN.format('w')}"
            ),
            {"lists": max(1, BATCH // _orders_a_list(session))},
        )
        lists = list(found.scalars())
        if lists:
            paper.confirm(session, wave_ids=lists, actor="staff:bench", now=db.now(session))
        return len(lists)


def _orders_a_list(session: Session) -> int:
    # Of one list that is out: over all that ever were, the question itself would grow with the database.
    counted = text(
        "SELECT count(*) FROM fulfilment WHERE wave_id = (SELECT id FROM wave WHERE status = 'released' LIMIT 1)"
    )
    return int(session.execute(counted).scalar() or 1)


_OF_ORDERS = f"""
    SELECT f.id FROM fulfilment f JOIN orders o ON o.id = f.order_id WHERE f.status = '{{status}}'
    ORDER BY f.id LIMIT {BATCH} {_TAKEN.format("o, f")}
"""
_TO_CLOSE = text(_OF_ORDERS.format(status="packing"))
_TO_CHECK = text(f"""
    WITH f AS MATERIALIZED ({_OF_ORDERS.format(status="picked")})
    SELECT f.id, s.code, fl.qty_picked FROM f
    JOIN fulfilment_line fl ON fl.fulfilment_id = f.id JOIN sku s ON s.id = fl.sku_id ORDER BY f.id, fl.id
""")


def check(made: Ground) -> int:
    """Every piece passes a scanning tunnel."""
    with made.database.transaction() as session:
        rows = session.execute(_TO_CHECK).all()
        scans = [PackScan(str(db.new_id()), row.id, row.code, row.qty_picked) for row in rows]
        if scans:
            answers = checking.check(session, scans=scans, actor="staff:bench", now=db.now(session))
            assert set(answers) == {"ok"}, set(answers)
        return len(scans)


def close(made: Ground) -> int:
    """Each packed order goes into one carton."""
    with made.database.transaction() as session:
        found = session.execute(_TO_CLOSE).scalars()
        closings = [Closing(fulfilment_id, [Box("M", BOX_WEIGHT_G)]) for fulfilment_id in found]
        if closings:
            parcels.close_many(session, closings=closings, actor="staff:bench", staff_id=None, now=db.now(session))
        return len(closings)


#: About as large as a carrier's label is.
_PDF, _ZPL = b"%PDF-1.4\n" + b"0" * 4000, b"^XA" + b"0" * 500 + b"^XZ"


def label(made: Ground) -> int:
    """The labels that wait are recorded, as if each carrier had answered at once."""
    with made.database.transaction() as session:
        claimed = steps.claim(session, kind="book", limit=BATCH, lease_s=60, worker="bench")
    if claimed:
        with made.database.transaction() as session:
            now = db.now(session)
            labelled = [(step, label_of(step.subject_id)) for step in claimed]
            done = booking.record_labels(session, labelled=labelled, now=now)
            steps.finish(session, done, by="system", now=now)
    return len(claimed)


def label_of(parcel_id: uuid.UUID) -> Label:
    """A label as a carrier answers it, in size and kind."""
    waybill = f"W{parcel_id.hex.upper()}"
    return Label(waybill, "economy", Decimal("9.50"), "CNY", _PDF + parcel_id.bytes, _ZPL + parcel_id.bytes)


#: Stage -> what takes its next batch, in the order of an order's life; each returns how much there was.
WORKS: dict[str, Callable[[Ground], int]] = {"pick": pick, "check": check, "close_boxes": close, "label": label}


def hand_over(made: Ground) -> None:
    """Both sign each open list: the goods leave the stock, the orders are shipped."""
    with made.database.transaction() as session:
        lists = list(session.execute(text("SELECT id FROM hand_over_list WHERE status = 'open' ORDER BY id")).scalars())
    sign: Callable[..., handover.Signed] = handover.sign
    for list_id in lists:
        for side in handover.SIDES:
            with made.database.transaction() as session:
                sign(session, list_id=list_id, side=side, signer="Cleo", actor="staff:bench", now=db.now(session))
