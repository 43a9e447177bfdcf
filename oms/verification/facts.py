"""Loads what verification and confirmation judge: a fixed number of statements for any number of orders."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from oms import transaction_memory
from oms.journey import holds
from oms.journey.lifecycle import LOCKED_ORDERS
from oms.journey.models import Hold
from oms.journey.policy import Policy
from oms.orders import derived, owed
from oms.orders.models import Order
from oms.parties import channels
from oms.parties.models import Channel, Customer
from oms.rows import among
from oms.verification.order_facts import ZERO, ChannelFacts, CustomerFacts, Limits, LineFacts, OrderFacts

_ORDERS = (
    select(
        *(
            getattr(Order, name)
            for name in (
                "id number channel_order_number round status received_at currency discount shipping fees tax tax_included"
                " total paid payment_status payment_terms contact ship_to ship_country buyer_message buyer_message_read"
                " seller_memo requested_ship_by requested_deliver_by requested_service order_class language placed_at"
                " problems evidence customer_id"
            ).split()
        ),
        Channel.way,
        Channel.payment_terms.label("channel_terms"),
        Channel.needs_signature,
        Channel.settings,
        Customer.key_customer,
        Customer.blocked_reason,
        Customer.payment_terms.label("customer_terms"),
        Customer.credit_currency,
        Customer.credit_limit,
        exists().where(Hold.order_id == Order.id, Hold.released_at.is_(None)).label("held"),
    )
    .join(Channel, Channel.id == Order.channel_id)
    .outerjoin(Customer, Customer.id == Order.customer_id)
)

# Whose, whether it is a bundle, where it may not go; then the fields of LineFacts in their order.
_LINES = text("""
    SELECT l.order_id, s.bundle, nullif(s.forbidden_countries, CAST('[]' AS jsonb)), l.id, l.position,
           l.qty - l.qty_cancelled AS qty, l.channel_sku, l.sku_id, s.code, coalesce(nullif(l.name, ''), s.name_en), l.unit,
           l.unit_price, l.discount, l.total, l.requires_shipping, s.active IS NOT FALSE, s.blocked_reason,
           s.custom IS TRUE, s.discontinued IS TRUE, coalesce(s.lead_days, 0), coalesce(s.weight_g, 0), p.list_price,
           p.floor_price, p.list_price IS NULL AND EXISTS (SELECT 1 FROM price x WHERE x.sku_id = l.sku_id), s.unit
    FROM order_line l JOIN orders o ON o.id = l.order_id LEFT JOIN sku s ON s.id = l.sku_id
    LEFT JOIN LATERAL (
        SELECT list_price, floor_price FROM price
        WHERE price.sku_id = l.sku_id AND price.currency = o.currency AND price.valid_from <= :now
          AND (price.channel_id = o.channel_id OR price.channel_id IS NULL)
        ORDER BY price.channel_id NULLS LAST, price.valid_from DESC LIMIT 1) p ON TRUE
    WHERE l.order_id = ANY(CAST(:ids AS uuid[])) AND NOT (l.qty > 0 AND l.qty_cancelled >= l.qty)
    ORDER BY l.order_id, l.position
""")

_ONE = Decimal(1)
_PARTS = text("""
    SELECT b.bundle_id, b.part_id, b.qty, coalesce(s.weight_g, 0) AS weight_g, s.lead_days
    FROM bundle_part b JOIN sku s ON s.id = b.part_id WHERE b.bundle_id = ANY(CAST(:bundles AS uuid[]))
""")

#: The value of an order that is not confirmed yet, whose sender may have named no total.
_VALUE = derived.PAYABLE.format(orders="x")
#: Of what has begun to leave, goods may have come back or been cancelled.
_OFF = owed.TAKEN_OFF.format(orders="x")
# Customers with orders on account in the batch are taken one after the other, so that two orders never share a limit.
_CREDIT = text(f"""
    WITH mine AS MATERIALIZED (
        SELECT o.id, o.customer_id, o.received_at, o.currency FROM orders o
        JOIN (SELECT id FROM customer WHERE id IN (
                SELECT customer_id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND payment_terms = 'account')
              ORDER BY id FOR NO KEY UPDATE) c ON c.id = o.customer_id
        WHERE o.id = ANY(CAST(:ids AS uuid[])) AND o.payment_terms = 'account')
    SELECT m.id, sum(y.owed) AS exposure, min(x.closed_at) FILTER (WHERE x.status = 'closed' AND y.owed > 0) AS unpaid_since
    FROM mine m JOIN order_term k ON k.term = m.customer_id
    JOIN orders x ON x.id = k.order_id AND x.customer_id = m.customer_id AND x.id <> m.id AND x.currency = m.currency
    CROSS JOIN LATERAL (SELECT greatest(coalesce({_VALUE}, 0) - coalesce(x.paid, 0) - CASE
        WHEN x.status IN ('in_fulfilment', 'fulfilled', 'closed') THEN {_OFF} ELSE 0 END, 0) AS owed) y
    WHERE x.payment_terms = 'account' AND x.status NOT IN ('cancelled', 'rejected', 'expired')
      AND x.payment_status NOT IN ('paid', 'overpaid', 'refunded', 'voided')
      AND (x.status NOT IN ('received', 'verifying') OR (x.received_at, x.id) < (m.received_at, m.id))
    GROUP BY m.id
""")


def load(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, OrderFacts]:
    """The facts of each order. Two to four statements; lines without any piece left (cancelled) are left out."""
    rows: Sequence[Any] = session.execute(_ORDERS.where(among(Order.id, order_ids))).all()
    lines = _lines(session, order_ids, now)
    account = [row.id for row in rows if row.payment_terms == "account"]
    credit = {row.id: row for row in session.execute(_CREDIT, {"ids": account})} if account else {}
    locked = transaction_memory.of(session, LOCKED_ORDERS)
    holds.learn(session, {row.id: row.held for row in rows if row.id in locked})
    return {row.id: _order(row, lines.get(row.id, ()), credit.get(row.id)) for row in rows}


def limits_of(policy: Policy) -> Limits:
    """The managers' numbers as the rules take them."""
    return Limits(
        confidence=policy.decimal("email.confidence_threshold"),
        every_order_reviewed=policy.flag("verification.every_order_reviewed"),
        large_order_value=policy.decimal("verification.large_order_value"),
        floor_share=policy.decimal("verification.price_floor"),
        ceiling_share=policy.decimal("verification.price_ceiling"),
        tolerance_units=policy.whole("verification.total_tolerance"),
        default_credit=policy.decimal("credit.default_limit"),
        overdue_days=policy.whole("credit.overdue_days"),
        cod_max=policy.decimal("cod.max_value"),
        worth=policy.worth(),
    )


def _order(row: Any, lines: Sequence[LineFacts], credit: Any) -> OrderFacts:
    return OrderFacts(
        order_id=row.id,
        number=row.number,
        channel_order_number=row.channel_order_number,
        round=row.round,
        status=row.status,
        received_at=row.received_at,
        lines=lines,
        customer=_customer(row, credit),
        channel=_channel(row),
        currency=row.currency,
        discount=row.discount,
        shipping=row.shipping,
        fees=row.fees,
        tax=row.tax,
        tax_included=row.tax_included,
        total=row.total,
        paid=row.paid,
        payment_status=row.payment_status,
        payment_terms=row.payment_terms,
        contact=row.contact,
        ship_to=row.ship_to,
        ship_country=row.ship_country,
        unread_message=bool((row.buyer_message or "").strip()) and not row.buyer_message_read,
        requirements=row.buyer_message,
        seller_memo=row.seller_memo,
        requested_ship_by=row.requested_ship_by,
        requested_deliver_by=row.requested_deliver_by,
        requested_service=row.requested_service,
        order_class=row.order_class,
        language=row.language,
        placed_at=row.placed_at,
        problems=[(p["code"], p["severity"], p["field"], p["message"]) for p in row.problems],
        evidence=[(e["field"], Decimal(e["confidence"])) for e in row.evidence or ()],
    )


def _customer(row: Any, credit: Any) -> CustomerFacts:
    return CustomerFacts(
        customer_id=row.customer_id,
        key_customer=bool(row.key_customer),
        blocked_reason=row.blocked_reason,
        payment_terms=row.customer_terms,
        credit_currency=row.credit_currency,
        credit_limit=row.credit_limit,
        exposure=credit.exposure if credit else ZERO,
        unpaid_since=credit.unpaid_since if credit else None,
    )


def _channel(row: Any) -> ChannelFacts:
    return ChannelFacts(
        way=row.way,
        payment_terms=row.channel_terms,
        needs_signature=row.needs_signature,
        takes_cod=channels.is_on(row.settings, "cod", default=True),
    )


def _lines(session: Session, order_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, list[LineFacts]]:
    rows = session.execute(_LINES, {"ids": list(order_ids), "now": now}).all()
    found: dict[uuid.UUID, list[LineFacts]] = {}
    bundles: list[LineFacts] = []
    for order_id, bundle, forbidden, *own in rows:
        sku_id = own[4]
        fields: tuple[Any, ...] = (*own, forbidden or (), {sku_id: _ONE} if sku_id else {})
        line = LineFacts(*fields)
        found.setdefault(order_id, []).append(line)
        if bundle:
            bundles.append(line)
    whole = _with_parts(session, bundles)
    return {order_id: [whole.get(line.line_id, line) for line in own] for order_id, own in found.items()}


def _with_parts(session: Session, bundles: Sequence[LineFacts]) -> dict[uuid.UUID, LineFacts]:
    """Lines of bundles with what is in one of it; one that is empty so far counts as itself."""
    if not bundles:
        return {}
    rows = session.execute(_PARTS, {"bundles": list({line.sku_id for line in bundles})}).all()
    found = {}
    for line in bundles:
        parts = [part for part in rows if part.bundle_id == line.sku_id]
        if parts:
            found[line.line_id] = replace(
                line,
                parts={part.part_id: part.qty for part in parts},
                weight_g=int(sum(part.weight_g * part.qty for part in parts)),
                heaviest_part_g=max(part.weight_g for part in parts),
                lead_days=max(line.lead_days, *(part.lead_days for part in parts)),
            )
    return found
