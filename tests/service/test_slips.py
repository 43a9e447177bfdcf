"""What a packing slip says that another parcel brings (F-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.documents.packing_slip import PackingSlipDocument
from oms.fulfilment.models import Fulfilment
from oms.shipping import slips
from oms.shipping.models import Parcel
from tests.factories.changes import pack, pick
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped, rest_released


def _to_follow(session: Session, monkeypatch: pytest.MonkeyPatch, parcel_id: uuid.UUID) -> list[Decimal]:
    printed: list[PackingSlipDocument] = []

    def render(document: PackingSlipDocument, *, language: str) -> bytes:
        printed.append(document)
        return b"%PDF-"

    monkeypatch.setattr("oms.documents.packing_slip.render", render)
    slips.slip(session, parcel_id=parcel_id, language="en", zone="Asia/Shanghai")
    return [line.to_follow for line in printed[0].lines]


@pytest.mark.parametrize(("state", "follow"), [("handed_over", 0), ("putback", 2), ("cancelled", 2)])
def test_a_box_whose_goods_went_back_to_their_bins_brought_nothing(
    session: Session, business_now: datetime, monkeypatch: pytest.MonkeyPatch, state: str, follow: int
) -> None:
    """Two of three pieces were in a first box, the third is in this one."""
    floor = served_floor(session, qty=2)
    order = partly_shipped(session, floor, business_now)
    first = session.query(Fulfilment).filter_by(order_id=order.id).one()
    rest = rest_released(session, floor, business_now)
    pick(session, rest, business_now)
    pack(session, rest, business_now)
    session.query(Fulfilment).filter_by(id=first.id).update({"status": state})
    parcel = session.query(Parcel).filter_by(fulfilment_id=rest.id).one()
    assert _to_follow(session, monkeypatch, parcel.id) == [follow, follow]
