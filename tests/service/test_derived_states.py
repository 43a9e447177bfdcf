"""The states that follow from an order's lines: the SQL that stores them says what the rules say."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.orders import derived, rules
from oms.orders.models import OrderLine
from oms.orders.rules import Sums
from tests.factories.orders import make_order, make_sku

#: (ordered, cancelled, shipped, delivered, reserved, backordered, returned) of a line, as far as its constraints let it.
SHAPES = [
    shape
    for shape in product((2,), (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1), (0, 1, 2))
    if shape[1] + shape[2] + shape[4] + shape[5] <= 2 and shape[3] <= shape[2] and shape[6] <= shape[2]
]


def _line(shape: tuple[int, ...], **more: Any) -> dict[str, Any]:
    qty, cancelled, shipped, delivered, reserved, backordered, returned = map(Decimal, shape)
    return {
        "qty": qty, "qty_cancelled": cancelled, "qty_picked": shipped, "qty_packed": shipped, "qty_shipped": shipped,
        "qty_delivered": delivered, "qty_reserved": reserved, "qty_backordered": backordered, "qty_returned": returned,
        **more,
    }  # fmt: skip


def _sums(lines: list[OrderLine]) -> Sums:
    def total(column: str) -> Decimal:
        return sum((getattr(line, column) for line in lines if line.requires_shipping), Decimal(0))

    return Sums(
        open=total("qty") - total("qty_cancelled") - total("qty_shipped"),
        shipped=total("qty_shipped"),
        delivered=total("qty_delivered"),
        backordered=total("qty_backordered"),
        reserved=total("qty_reserved"),
        returned=total("qty_returned"),
        services=sum((line.qty - line.qty_cancelled for line in lines if not line.requires_shipping), Decimal(0)),
    )


def test_what_is_stored_is_what_the_rules_say(session: Session) -> None:
    sku, service = make_sku(session), make_sku(session)
    orders = []
    for shape in SHAPES:
        other = SHAPES[(len(orders) * 7) % len(SHAPES)]
        lines = [_line(shape, sku_id=sku.id), _line(other, sku_id=sku.id)]
        orders.append(make_order(session, lines=lines[: 1 + len(orders) % 2]))
    for cancelled in (0, 1):
        given = _line((1, cancelled, 0, 0, 0, 0, 0), sku_id=service.id, requires_shipping=False)
        orders += [
            make_order(session, lines=[given]),
            make_order(session, lines=[given, _line(SHAPES[0], sku_id=sku.id)]),
        ]
    derived.refresh(session, order_ids=[order.id for order in orders])
    session.expire_all()
    seen = set()
    for order in orders:
        lines = session.query(OrderLine).filter_by(order_id=order.id).all()
        wanted = rules.fulfilment_status(_sums(lines)), rules.return_status(_sums(lines), before="none")
        assert (order.fulfilment_status, order.return_status) == wanted, [vars(line) for line in lines]
        seen |= set(wanted)
    assert {"not_required", "cancelled", "delivered", "partially_shipped", "backordered", "returned"} <= seen
    session.execute(text("UPDATE orders SET status = 'closed'"))
    assert session.execute(text(derived.STALE)).all() == []
