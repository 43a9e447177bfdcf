"""Which houses the goods of an order may leave from: one rule for what is promised, what is bought, and who is woken (A-8, F-4)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.inventory import queries
from oms.parties import carriers
from oms.parties.rules import serving

#: The country of a carrier's service that goes to all of them.
EVERYWHERE = "*"

_DESTINATIONS = text("""
    SELECT DISTINCT w.id, CASE WHEN c.active THEN s.country END AS country FROM warehouse w
    LEFT JOIN carrier_service s ON s.warehouse_id = w.id LEFT JOIN carrier c ON c.id = s.carrier_id
    WHERE w.active
""")


def houses_for(session: Session, *, countries: Collection[str]) -> dict[str, list[uuid.UUID]]:
    """By country, the houses from which a carrier goes there, by priority; all where none does from anywhere."""
    warehouses = queries.warehouses_by_priority(session)
    services = carriers.services(session, routes={(house, country) for house in warehouses for country in countries})
    return {country: serving(warehouses, country, services) for country in countries}


def alike(session: Session) -> bool:
    """Whether all houses send to the same countries: then `houses_for` says the same of each country, and none need be looked at."""
    reached: dict[uuid.UUID, set[str | None]] = defaultdict(set)
    for row in session.execute(_DESTINATIONS):
        reached[row.id].add(row.country)
    known = {frozenset(countries) - {None} for countries in reached.values()}
    return len(known) <= 1 or all(EVERYWHERE in countries for countries in known)
