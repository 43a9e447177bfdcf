"""What a channel tells that somebody has to see before goods are sent: a payment claimed, goods sent already (C-2, F-1). Pure.

A mail and a distributor's file are the buyer's own word of a payment; a shop's signed message is the shop's, which has been paid.
What a person enters for a customer is the customer's word again, unless recording payments is that person's.
"""

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
_SENT = Problem(
    "sent_already",
    Severity.HOLD,
    "lines",
    "its shop has sent goods of it; rejected, it pays nothing back",
)
#: Ways by which the buyer writes, and no shop that has been paid.
_BUYERS_WAYS = frozenset({"email", "distributor"})


def believed(
    order: ChannelOrder, shape: dict[str, Any], *, way: str, trusted: bool
) -> tuple[ChannelOrder, dict[str, Any]]:
    """The order and its JSON as its channel's way lets them be believed; `trusted`: the channel's word is taken all the same."""
    if trusted or way not in _BUYERS_WAYS or order.payment.status not in _CLAIMS:
        return order, shape
    return _unproved(order, shape)


def entered(
    order: ChannelOrder, shape: dict[str, Any], *, records_payments: bool
) -> tuple[ChannelOrder, dict[str, Any]]:
    """The order and its JSON as a person enters them: who may not record a payment says no more than that one is claimed."""
    claims = order.payment.status in _CLAIMS or bool(order.totals.paid)
    return _unproved(order, shape) if claims and not records_payments else (order, shape)


def _unproved(order: ChannelOrder, shape: Mapping[str, Any]) -> tuple[ChannelOrder, dict[str, Any]]:
    """As of one who says nothing of the payment, with the claim as a problem that holds the order."""
    told = replace(
        order,
        payment=replace(order.payment, status=None),
        totals=replace(order.totals, paid=None),
        problems=(*order.problems, _CLAIM),
    )
    silent = {"payment": {**shape["payment"], "status": None}, "totals": {**shape["totals"], "paid": None}}
    return told, {**shape, **silent, "problems": problems(told)}


def currency_of(order: ChannelOrder, *, usual: str | None) -> str | None:
    """The order's currency, or its channel's usual one where it names none; one that is unsure is neither."""
    if order.currency or any(found.code == "currency_unsure" for found in order.problems):
        return order.currency
    return usual


def begun(order: ChannelOrder) -> ChannelOrder:
    """An order that is new here as it begins: what its shop has sent by itself, as before we came, is not sent twice.

    Of one that is known the shop tells what we told it, and that changes nothing.
    """
    return replace(order, problems=(*order.problems, _SENT)) if order.sent else order
