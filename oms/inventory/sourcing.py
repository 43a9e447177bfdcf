"""Which houses the goods of an order may leave from: one rule for what is promised, what is bought, and who is woken (A-8, F-4)."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy.orm import Session

from oms.inventory import queries
from oms.parties import carriers
from oms.parties.rules import serving


def houses_for(session: Session, *, countries: Collection[str]) -> dict[str, list[uuid.UUID]]:
    """By country, the houses from which a carrier goes there, by priority; all where none does from anywhere."""
    warehouses = queries.warehouses_by_priority(session)
    services = carriers.services(session, routes={(house, country) for house in warehouses for country in countries})
    return {country: serving(warehouses, country, services) for country in countries}
