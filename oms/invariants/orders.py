"""Orders: one for each channel order, lines that add up, money that adds up, nobody forgotten (I3, I4, I6, I16)."""

from __future__ import annotations

from oms.invariants.table import Invariant
from oms.journey.flow import FLOW
from oms.money import without_decimals
from oms.orders import derived

_PAYABLE = derived.PAYABLE.format(orders="o")

# What left and what arrived of a line, whole bundles only, counted anew from the parcels.
_FROM_PARCELS = """
    SELECT o.number || ' line ' || l.position AS subject,
           'line ' || l.qty_shipped || '/' || l.qty_delivered || ', parcels ' || x.shipped || '/' || x.delivered AS detail
    FROM (SELECT ol.id,
                 CASE WHEN s.bundle THEN floor(min(p.shipped / coalesce(bp.qty, 1))) ELSE min(p.shipped) END AS shipped,
                 CASE WHEN s.bundle THEN floor(min(p.delivered / coalesce(bp.qty, 1))) ELSE min(p.delivered) END AS delivered
          FROM order_line ol JOIN sku s ON s.id = ol.sku_id
          LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
          LEFT JOIN LATERAL (
              SELECT coalesce(sum(pl.qty) FILTER (WHERE pa.handed_over_at IS NOT NULL), 0) AS shipped,
                     coalesce(sum(pl.qty) FILTER (WHERE pa.delivered_at IS NOT NULL), 0) AS delivered
              FROM fulfilment_line fl JOIN parcel_line pl ON pl.fulfilment_line_id = fl.id
              JOIN parcel pa ON pa.id = pl.parcel_id
              WHERE fl.order_line_id = ol.id AND fl.sku_id = coalesce(bp.part_id, ol.sku_id)) p ON TRUE
          GROUP BY ol.id, s.bundle) x
    JOIN order_line l ON l.id = x.id JOIN orders o ON o.id = l.order_id
    WHERE l.qty_shipped <> x.shipped OR l.qty_delivered <> least(x.delivered, x.shipped)
"""

# One minor unit is let pass, as at intake; currencies without decimals count in whole ones.
_WHOLE = ", ".join(f"'{code}'" for code in without_decimals())
_UNIT = f"CASE WHEN o.currency IN ({_WHOLE}) THEN 1 ELSE 0.01 END"

# Promises stand open until they are kept, and who is told or asked something brings no order on: none of them does the work.
_ABOUT = frozenset({"order", "fulfilment", "parcel", "change_request"})
_ASIDE = frozenset({"reread", "tell_channel", "rate_service", "sample_review"})
_BRING_ON = ", ".join(f"'{kind}'" for kind, row in FLOW.items() if row.subject in _ABOUT and kind not in _ASIDE)

# Elements of messages that were nothing new; a message may hold the same order once more beside what is new of it.
_REPEATS = """
    SELECT message_id, order_id FROM inbound_order WHERE order_id IS NOT NULL
    GROUP BY 1, 2 HAVING bool_and(became IN ('duplicate', 'superseded'))
"""

ORDERS: dict[str, Invariant] = {
    "one_order_for_each_channel_order": Invariant(
        "I4",
        "a channel's order id is one order",
        """SELECT channel_id || ' ' || channel_order_id AS subject, count(*) || ' orders' AS detail
           FROM orders GROUP BY channel_id, channel_order_id HAVING count(*) > 1""",
    ),
    "an_order_begins_once": Invariant(
        "I4",
        "an order's history begins with one entry that says how it came; no repeat begins it again",
        """SELECT o.number AS subject, count(h.id) || ' beginnings' AS detail
           FROM orders o LEFT JOIN history_entry h ON h.order_id = o.id AND h.subject_id = o.id AND h.was IS NULL
                                                      AND h.event IN ('order.ordered', 'order.cancelled')
           GROUP BY o.id HAVING count(h.id) <> 1""",
    ),
    "a_repeat_changes_nothing": Invariant(
        "I4",
        "what came again, or too late, left no entry in the history of its order and no wish to change it",
        f"""SELECT r.message_id AS subject, 'wrote ' || h.event AS detail
            FROM ({_REPEATS}) r JOIN history_entry h ON h.order_id = r.order_id AND h.data ->> 'message' = CAST(r.message_id AS text)
            UNION ALL
            SELECT r.message_id, 'wished ' || c.kind
            FROM ({_REPEATS}) r JOIN change_request c ON c.order_id = r.order_id AND c.message_id = r.message_id""",
    ),
    "no_message_forgotten": Invariant(
        "I3",
        "a message older than a minute has become something, or its step is still to be done",
        """SELECT m.id AS subject, 'received ' || m.received_at AS detail FROM inbound_message m
           WHERE m.status = 'received' AND m.received_at < clock_timestamp() - interval '60 s'
             AND NOT EXISTS (SELECT 1 FROM step s WHERE s.kind = 'accept' AND s.subject_id = m.id
                             AND s.state IN ('open', 'claimed', 'paused', 'parked'))""",
    ),
    "a_message_says_what_it_became": Invariant(
        "I3",
        "an accepted message is linked to what it became, down to the order; a quarantined one has its reason",
        """SELECT m.id AS subject, m.status AS detail FROM inbound_message m
           WHERE (m.status = 'accepted' AND NOT EXISTS (SELECT 1 FROM inbound_order i WHERE i.message_id = m.id))
              OR (m.status = 'quarantined' AND coalesce(m.reason, '') = ''
                  AND NOT EXISTS (SELECT 1 FROM inbound_order i WHERE i.message_id = m.id))
           UNION ALL
           SELECT i.message_id, i.became || ', and no order stands' FROM inbound_order i
           WHERE i.became IN ('ordered', 'updated', 'cancelled', 'revived')
             AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = i.order_id)""",
    ),
    "no_order_forgotten": Invariant(
        "I3",
        "an order that is not over has a step that brings it on, or waits for goods, or is with the carrier; each part in the house has one",
        f"""SELECT o.number AS subject, o.status || ', ' || o.fulfilment_status AS detail FROM orders o
           WHERE o.status NOT IN ('closed', 'cancelled', 'rejected', 'expired')
             AND NOT EXISTS (SELECT 1 FROM step s WHERE s.order_id = o.id AND s.kind IN ({_BRING_ON})
                             AND s.state IN ('open', 'claimed', 'paused', 'parked'))
             AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
             AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.qty_backordered > 0)
             AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.order_id = o.id
                             AND p.handed_over_at IS NOT NULL AND p.delivered_at IS NULL AND p.undelivered_at IS NULL)
           UNION ALL
           SELECT f.number, 'part ' || f.status FROM fulfilment f JOIN orders o ON o.id = f.order_id
           WHERE f.status NOT IN ('handed_over', 'collected', 'delivered', 'cancelled')
             AND o.status NOT IN ('closed', 'cancelled', 'rejected', 'expired')
             AND NOT EXISTS (SELECT 1 FROM step s WHERE s.order_id = o.id AND s.kind IN ({_BRING_ON})
                             AND s.state IN ('open', 'claimed', 'paused', 'parked')
                             AND s.subject_id NOT IN (SELECT id FROM fulfilment x WHERE x.order_id = o.id AND x.id <> f.id)
                             AND s.subject_id NOT IN (SELECT id FROM parcel p WHERE p.order_id = o.id AND p.fulfilment_id <> f.id))
             AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
             AND NOT (f.status = 'short' AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.qty_backordered > 0))""",
    ),
    "line_adds_up": Invariant(
        "I6",
        "ordered = shipped + cancelled + open; reserved and backordered lie within what is open; nothing is when the order is over",
        """SELECT o.number || ' line ' || l.position AS subject,
                  l.qty || ' ordered, ' || l.qty_shipped || ' shipped, ' || l.qty_cancelled || ' cancelled, '
                  || l.qty_reserved || ' reserved, ' || l.qty_backordered || ' backordered' AS detail
           FROM order_line l JOIN orders o ON o.id = l.order_id
           WHERE l.qty_shipped + l.qty_cancelled > l.qty
              OR l.qty_shipped + l.qty_cancelled + l.qty_reserved + l.qty_backordered > l.qty
              OR l.qty_delivered > l.qty_shipped OR l.qty_shipped > l.qty_packed OR l.qty_packed > l.qty_picked
              OR (o.status IN ('fulfilled', 'closed') AND l.requires_shipping
                  AND (l.qty_shipped + l.qty_cancelled < l.qty
                       OR (l.qty_delivered < l.qty_shipped AND NOT EXISTS (
                           SELECT 1 FROM parcel p WHERE p.order_id = o.id AND p.undelivered_at IS NOT NULL))))""",
    ),
    "line_is_what_parcels_carried": Invariant("I6", "shipped and delivered are what parcels carried", _FROM_PARCELS),
    "states_follow_the_lines": Invariant("I6", "shipping and return states are what the lines say", derived.STALE),
    "totals_hold": Invariant(
        "I6",
        "the sums of an order without a total_mismatch hold",
        # A dropped line counts no more when a change dropped it, and still when its order was cancelled: between both sums.
        f"""SELECT o.number AS subject, 'lines ' || o.lines_total || ' against ' || l.total || ', total ' || o.total AS detail
            FROM orders o JOIN (SELECT order_id, sum(total) AS total,
                                       sum(CASE WHEN qty > 0 AND qty_cancelled >= qty THEN 0 ELSE total END) AS live
                                FROM order_line GROUP BY 1) l ON l.order_id = o.id
            WHERE NOT jsonb_path_exists(o.problems, '$[*] ? (@.code == "total_mismatch")')
              AND (o.lines_total > greatest(l.total, l.live) + {_UNIT} OR o.lines_total < least(l.total, l.live) - {_UNIT}
                   OR abs(o.lines_total - coalesce(o.discount, 0) + coalesce(o.shipping, 0) + coalesce(o.fees, 0)
                          + CASE WHEN o.tax_included THEN 0 ELSE coalesce(o.tax, 0) END - o.total) > {_UNIT}
                   OR EXISTS (SELECT 1 FROM order_line x WHERE x.order_id = o.id AND {_UNIT} < abs(
                       x.qty * x.unit_price - coalesce(x.discount, 0) - x.total)))""",
    ),
    "returned_at_most_what_left": Invariant(
        "I16",
        "no more came back than was shipped",
        """SELECT r.order_line_id || ' ' || r.sku_id AS subject, r.qty || ' received, ' || coalesce(p.qty, 0) || ' shipped' AS detail
           FROM (SELECT order_line_id, sku_id, sum(qty_received) AS qty FROM return_line GROUP BY 1, 2) r
           LEFT JOIN (SELECT fl.order_line_id, fl.sku_id, sum(pl.qty) AS qty FROM parcel_line pl
                      JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
                      JOIN parcel pa ON pa.id = pl.parcel_id AND pa.handed_over_at IS NOT NULL GROUP BY 1, 2) p
             ON p.order_line_id = r.order_line_id AND p.sku_id = r.sku_id
           WHERE r.qty > coalesce(p.qty, 0)""",
    ),
    "refunded_at_most_what_was_paid": Invariant(
        "I16",
        "no more goes back than was paid",
        f"""SELECT o.number AS subject, r.amount || ' back of ' || coalesce(o.paid, {_PAYABLE}, 0) AS detail
           FROM (SELECT order_id, sum(amount) AS amount FROM refund WHERE status IN ('pending', 'succeeded') GROUP BY 1) r
           JOIN orders o ON o.id = r.order_id WHERE r.amount > coalesce(o.paid, {_PAYABLE}, 0)""",
    ),
}
