"""When an order takes effect: signed and paid, signed and within limit, or cash on delivery by policy (C-2, I-4). Pure."""

from __future__ import annotations

from oms.verification.order_facts import ORAL_WAYS, OrderFacts

_PAID = frozenset({"paid", "overpaid"})
#: (signature, payment) still needed -> outcome of the step `confirm`.
OUTCOMES = {
    (False, False): "effective",
    (True, False): "signature",
    (False, True): "payment",
    (True, True): "signature_and_payment",
}


def needs_signature(order: OrderFacts, *, oral_signed: bool) -> bool:
    """Where the channel wants one, and for oral orders unless the manager switched that off."""
    return order.channel.needs_signature or (oral_signed and order.channel.way in ORAL_WAYS)


def needs_payment(order: OrderFacts) -> bool:
    """Prepaid and not paid. Orders on account and cash on delivery were held against their limits before."""
    if order.payment_terms != "prepaid" or order.payment_status in _PAID:
        return False
    return order.payable > order.money_here


def outcome(order: OrderFacts, *, oral_signed: bool) -> str:
    """The outcome of the step `confirm`."""
    return OUTCOMES[needs_signature(order, oral_signed=oral_signed), needs_payment(order)]
