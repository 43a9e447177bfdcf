"""Carriers' services for warehouses and destinations; a country's own row goes before the row for everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms import transaction_memory
from oms.clock import zone_named
from oms.parties.models import Carrier, CarrierService
from oms.parties.rules import Service

Route = tuple[uuid.UUID, str]  # (warehouse, destination country)

_FIND = text("""
    SELECT DISTINCT ON (r.warehouse_id, r.country, s.carrier_id, s.service) r.warehouse_id AS from_id, r.country AS to_country,
           s.carrier_id, s.service, s.cut_off, s.pick_up_days, s.transit_days, s.base_price, s.price_per_kg, s.currency,
           s.max_weight_g, w.zone
    FROM (SELECT DISTINCT * FROM unnest(CAST(:warehouses AS uuid[]), CAST(:countries AS text[])) AS r(warehouse_id, country)) r
    JOIN carrier_service s ON s.warehouse_id = r.warehouse_id AND s.country IN (r.country, '*')
    JOIN carrier c ON c.id = s.carrier_id AND c.active
    JOIN warehouse w ON w.id = r.warehouse_id
    ORDER BY r.warehouse_id, r.country, s.carrier_id, s.service, s.country DESC
""")


def services(session: Session, *, routes: Collection[Route]) -> dict[Route, list[Service]]:
    """The services of each route; one statement for those that the transaction has not asked for yet."""
    known = transaction_memory.of(session, "carrier services")
    new = sorted({pair for pair in routes if pair not in known})
    if new:
        known.update((pair, []) for pair in new)
        params = {"warehouses": [p[0] for p in new], "countries": [p[1] for p in new]}
        for row in session.execute(_FIND, params).all():
            *told, zone = tuple(row)[2:]
            values = (*told, zone_named(zone) if zone else None)
            known[row.from_id, row.to_country].append(Service(*values))
    return {pair: known[pair] for pair in routes}


def names_of_services(session: Session, *, carrier: str) -> list[str]:
    """What a carrier of that name offers, by name."""
    statement = (
        select(CarrierService.service)
        .join(Carrier, Carrier.id == CarrierService.carrier_id)
        .where(Carrier.name == carrier)
    )
    return sorted(set(session.execute(statement).scalars()))
