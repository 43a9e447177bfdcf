"""What the house keeps to itself: its floor prices, limits and blocks, why it let an order pass, what freight costs it.

A distributor reads its own orders, and of what stops them what it can mend: not what finance and the manager look at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from oms.accounts.identity import Identity
from oms.journey.models import Hold
from oms.orders.models import Finding
from oms.orders.queries import OnOrder
from oms.verification.holding import REASON
from oms.verification.rule_table import SPECIALIST

Row = TypeVar("Row", Hold, Finding)


def known_to(who: Identity, on: OnOrder) -> OnOrder:
    """What stands on an order, as far as `who` may know of its holds and findings."""
    if who.may("hold.read"):
        return on
    return replace(
        on,
        holds=[_copy(one, release_note=None, **({"explanation": {}} if _is_inward(one) else {})) for one in on.holds],
        findings=[_copy(one, settlement=None) for one in on.findings if one.owner == SPECIALIST],
    )


def freight(row: Any, who: Identity) -> Any:
    """What the carrier charges the house for a parcel; None for who sees one channel only."""
    return row.label_price if who.channel_id is None else None


def _is_inward(hold: Hold) -> bool:
    return hold.reason == REASON and hold.owner != SPECIALIST


def _copy(row: Row, **changed: Any) -> Row:
    """The row with other words, beside its session: what is shown is never written."""
    values = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    return type(row)(**values | changed)
