"""The hand-over list as the paper that both sign (F-4)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.clock import zone_named
from oms.documents import hand_over_list, store
from oms.documents.hand_over_list import CarrierParcels, HandedOverParcel, HandOverListDocument
from oms.documents.models import Document
from oms.documents.store import Paper
from oms.inventory.models import Warehouse
from oms.journey import calendar_store
from oms.shipping import queries
from oms.shipping.models import HandOverList


def paper_of(session: Session, *, listed: Any, language: str, zone: str) -> bytes:
    """The list (a row of `queries.hand_over_list`) as a PDF; where its parcels go by place, never by name.

    Dated in its house's own zone, or in `zone`, the organisation's.
    """
    parcels = queries.of_list(session, list_id=listed.id)
    document = HandOverListDocument(
        number=listed.number,
        warehouse=listed.warehouse,
        opened_at=listed.opened_at,
        carriers=(CarrierParcels(listed.carrier, tuple(_parcel(row) for row in parcels)),),
        our_signer=listed.our_signer or "",
        carrier_signer=listed.carrier_signer or "",
        zone=zone_named(listed.zone or zone),
    )
    return hand_over_list.render(document, language=language)


def file(session: Session, *, list_id: uuid.UUID, by: str, now: datetime) -> None:
    """Keep the list as both signed it, in the language of its warehouse's country (D-1). A repeat prints nothing."""
    known = select(Document.id).where(Document.subject_id == list_id, Document.kind == "hand_over_list")
    if session.execute(known.limit(1)).first() is not None:
        return
    listed = queries.hand_over_list(session, ref=str(list_id))
    house = select(Warehouse.country).join(HandOverList, HandOverList.warehouse_id == Warehouse.id)
    country = session.execute(house.where(HandOverList.id == list_id)).scalar_one()
    language = "zh_Hans" if country == "CN" else "en"
    content = paper_of(session, listed=listed, language=language, zone=calendar_store.zone_of(session).key)
    paper = Paper("hand_over_list", list_id, "hand_over_list", f"{listed.number}.pdf", content)
    store.put(session, papers=[paper], by=by, now=now)


def _parcel(row: Any) -> HandedOverParcel:
    place = " ".join(part for part in (row.ship_country, row.ship_region, row.ship_city) if part)
    return HandedOverParcel(row.waybill_number or "", row.number, row.order_number, place, row.weight_g)
