"""The hand-over list as the paper that both sign (F-4)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from oms.clock import zone_named
from oms.documents import hand_over_list
from oms.documents.hand_over_list import CarrierParcels, HandedOverParcel, HandOverListDocument
from oms.shipping import queries


def paper_of(session: Session, *, listed: Any, language: str, zone: str) -> bytes:
    """The list (a row of `queries.hand_over_list`) as a PDF; where its parcels go by place, never by name."""
    parcels = queries.of_list(session, list_id=listed.id)
    document = HandOverListDocument(
        number=listed.number,
        warehouse=listed.warehouse,
        opened_at=listed.opened_at,
        carriers=(CarrierParcels(listed.carrier, tuple(_parcel(row) for row in parcels)),),
        our_signer=listed.our_signer or "",
        carrier_signer=listed.carrier_signer or "",
        zone=zone_named(zone),
    )
    return hand_over_list.render(document, language=language)


def _parcel(row: Any) -> HandedOverParcel:
    place = " ".join(part for part in (row.ship_country, row.ship_region, row.ship_city) if part)
    return HandedOverParcel(row.waybill_number or "", row.number, row.order_number, place, row.weight_g)
