"""What a mail says of its payment is its writer's claim: the order waits until somebody has seen the money (C-2, F-1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.base import ChannelOrder, Problem, Severity
from oms.orders.rows import problems

#: States under which goods are sent, or less is asked for.
_CLAIMS = frozenset({"paid", "overpaid", "partially_paid"})
_CLAIM = Problem(
    "payment_claimed", Severity.HOLD, "payment.status", "look whether the money has come, and record the payment"
)


def unproved(order: ChannelOrder, shape: Mapping[str, Any]) -> tuple[ChannelOrder, dict[str, Any]]:
    """The order and its JSON as of one who says nothing of the payment, with the claim as a problem that holds it."""
    if order.payment.status not in _CLAIMS:
        return order, dict(shape)
    told = replace(
        order,
        payment=replace(order.payment, status=None),
        totals=replace(order.totals, paid=None),
        problems=(*order.problems, _CLAIM),
    )
    silent = {"payment": {**shape["payment"], "status": None}, "totals": {**shape["totals"], "paid": None}}
    return told, {**shape, **silent, "problems": problems(told)}
