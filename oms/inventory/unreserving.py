"""Take promises back: a cancelled or smaller line frees its pieces, each with its movement (C-6, A-2)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.inventory import ledger
from oms.inventory.ledger import Move

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Promised:
    id: uuid.UUID
    order_id: uuid.UUID
    line_id: uuid.UUID
    warehouse_id: uuid.UUID
    sku_id: uuid.UUID
    released: Decimal
    standing: Decimal
    #: pieces of its line there that are on a list that goes on, and have not left yet
    listed: Decimal
    #: units of the line that are promised
    reserved: Decimal
    #: pieces of this part in one unit; None for a part that its bundle has no more
    per: Decimal | None


# The youngest promise is taken back first, warehouse by warehouse, so that a bundle's parts go together.
_STANDING = text("""
    SELECT r.id, r.order_id, r.order_line_id, r.warehouse_id, r.sku_id, r.qty_released,
           r.qty - r.qty_shipped - r.qty_released,
           coalesce((SELECT sum(fl.qty - fl.qty_short) FROM fulfilment_line fl JOIN fulfilment f ON f.id = fl.fulfilment_id
                     WHERE fl.order_id = r.order_id AND fl.order_line_id = r.order_line_id AND fl.sku_id = r.sku_id
                       AND f.warehouse_id = r.warehouse_id AND f.status <> 'cancelled'), 0)
           - (SELECT sum(same.qty_shipped) FROM reservation same
              WHERE same.order_line_id = r.order_line_id AND same.warehouse_id = r.warehouse_id AND same.sku_id = r.sku_id),
           l.qty_reserved, CASE WHEN s.bundle THEN b.qty ELSE 1 END
    FROM reservation r JOIN order_line l ON l.id = r.order_line_id LEFT JOIN sku s ON s.id = l.sku_id
    LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id AND b.part_id = r.sku_id
    WHERE r.order_line_id = ANY(CAST(:lines AS uuid[])) AND r.qty - r.qty_shipped - r.qty_released > 0
    ORDER BY r.order_line_id, r.sku_id, r.round DESC, r.warehouse_id DESC FOR UPDATE OF r
""")

_RELEASE = text("""
    UPDATE reservation SET qty_released = qty_released + x.qty
    FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty) WHERE reservation.id = x.id
""")

_LINES = text("""
    UPDATE order_line SET qty_reserved = least(qty_reserved, x.keep)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keeps AS numeric[])) AS x(id, keep) WHERE order_line.id = x.id
""")


def keep_only(
    session: Session, *, keep: Mapping[uuid.UUID, Decimal], actor: str, now: datetime, why: str = "unreserve"
) -> set[uuid.UUID]:
    """Let the lines of (locked) orders keep at most so many promised units; return the SKUs that became free.

    A repeat frees nothing more.
    """
    rows = [_Promised(*row) for row in session.execute(_STANDING, {"lines": list(keep)})]
    freed = [(row, qty) for row, qty in _taken_back(rows, keep) if qty > 0]
    if freed:
        session.execute(_RELEASE, {"ids": [row.id for row, _ in freed], "qtys": [qty for _, qty in freed]})
        ledger.post(session, [_move(row, qty, why) for row, qty in freed], actor=actor, now=now)
    session.execute(_LINES, {"ids": list(keep), "keeps": list(keep.values())})
    return {row.sku_id for row, _ in freed}


def _taken_back(rows: Sequence[_Promised], keep: Mapping[uuid.UUID, Decimal]) -> Iterator[tuple[_Promised, Decimal]]:
    by_part: dict[tuple[uuid.UUID, uuid.UUID], list[_Promised]] = defaultdict(list)
    for row in rows:
        by_part[row.line_id, row.sku_id].append(row)
    for (line_id, _), own in by_part.items():
        standing = sum((row.standing for row in own), ZERO)
        left = standing - _kept(standing, keep[line_id], own[0])
        yield from zip(own, _youngest_first(own, left), strict=True)


def _youngest_first(own: Sequence[_Promised], left: Decimal) -> list[Decimal]:
    """How much of each promise of one part goes; what a list that goes on still needs at its warehouse goes last."""
    free = _taken(_spare(own), left)
    needed = _taken([row.standing - qty for row, qty in zip(own, free, strict=True)], left - sum(free))
    return [one + other for one, other in zip(free, needed, strict=True)]


def _taken(there: Sequence[Decimal], left: Decimal) -> list[Decimal]:
    taken = []
    for qty in there:
        taken.append(min(qty, left))
        left -= taken[-1]
    return taken


def _spare(own: Sequence[_Promised]) -> list[Decimal]:
    """What of each promise is on no list that goes on; the oldest promises of a warehouse are those on its lists."""
    listed = {row.warehouse_id: max(row.listed, ZERO) for row in own}
    spare = []
    for row in reversed(own):
        needed = min(listed[row.warehouse_id], row.standing)
        listed[row.warehouse_id] -= needed
        spare.append(row.standing - needed)
    return spare[::-1]


def _kept(standing: Decimal, keep: Decimal, one: _Promised) -> Decimal:
    """The pieces of one part that stay: those of the units that stay. A set of which a part was short has more of the others."""
    if keep <= ZERO:
        return ZERO
    if one.per is not None:
        return min(standing, keep * one.per)
    return standing if keep >= one.reserved else standing * keep / one.reserved


def _move(row: _Promised, qty: Decimal, why: str) -> Move:
    return Move(
        key=f"unreserve:{row.id}:{row.released + qty}",
        warehouse_id=row.warehouse_id,
        sku_id=row.sku_id,
        cause=why,
        reserved=-qty,
        order_id=row.order_id,
        subject_id=row.line_id,
    )
