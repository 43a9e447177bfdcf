"""Stock: balances are the sums of their movements, bins add up, every promise has its piece (I1, I2)."""

from __future__ import annotations

from oms.invariants.table import Invariant

STOCK: dict[str, Invariant] = {
    "never_oversold": Invariant(
        "I1",
        "0 <= reserved <= on hand",
        """SELECT warehouse_id || ' ' || sku_id AS subject, 'on hand ' || on_hand || ', reserved ' || reserved AS detail
           FROM stock WHERE reserved < 0 OR reserved > on_hand""",
    ),
    "balance_is_sum_of_moves": Invariant(
        "I1",
        "on hand and reserved are the sums of the movements",
        """SELECT coalesce(s.warehouse_id, m.warehouse_id) || ' ' || coalesce(s.sku_id, m.sku_id) AS subject,
                  'stands ' || coalesce(s.on_hand, 0) || '/' || coalesce(s.reserved, 0)
                  || ', moved ' || coalesce(m.on_hand, 0) || '/' || coalesce(m.reserved, 0) AS detail
           FROM stock s FULL JOIN (SELECT warehouse_id, sku_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                                   FROM stock_move GROUP BY 1, 2) m
             ON m.warehouse_id = s.warehouse_id AND m.sku_id = s.sku_id
           WHERE coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0) OR coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)""",
    ),
    "bins_add_up": Invariant(
        "I1",
        "the bins of a warehouse hold what the warehouse has",
        """SELECT coalesce(s.warehouse_id, b.warehouse_id) || ' ' || coalesce(s.sku_id, b.sku_id) AS subject,
                  'on hand ' || coalesce(s.on_hand, 0) || ', in bins ' || coalesce(b.on_hand, 0) AS detail
           FROM stock s FULL JOIN (SELECT warehouse_id, sku_id, sum(on_hand) AS on_hand FROM bin_stock GROUP BY 1, 2) b
             ON b.warehouse_id = s.warehouse_id AND b.sku_id = s.sku_id
           WHERE coalesce(s.on_hand, 0) <> coalesce(b.on_hand, 0)""",
    ),
    "bin_is_sum_of_moves": Invariant(
        "I1",
        "what lies in a bin is what movements brought there and took away",
        """SELECT coalesce(b.bin_id, m.bin_id) || ' ' || coalesce(b.sku_id, m.sku_id) AS subject,
                  'holds ' || coalesce(b.on_hand, 0) || ', moved ' || coalesce(m.qty, 0) AS detail
           FROM bin_stock b FULL JOIN (
               SELECT bin_id, sku_id, sum(qty) AS qty FROM (
                   SELECT bin_id, sku_id, on_hand - coalesce(carried, 0) AS qty FROM stock_move WHERE bin_id IS NOT NULL
                   UNION ALL SELECT to_bin_id, sku_id, carried FROM stock_move WHERE to_bin_id IS NOT NULL) x
               GROUP BY 1, 2) m ON m.bin_id = b.bin_id AND m.sku_id = b.sku_id
           WHERE coalesce(b.on_hand, 0) <> coalesce(m.qty, 0)""",
    ),
    "allotted_is_on_pick_lists": Invariant(
        "I1",
        "a bin's allotted pieces are those that open pick tasks still want",
        """SELECT coalesce(b.bin_id, t.bin_id) || ' ' || coalesce(b.sku_id, t.sku_id) AS subject,
                  'allotted ' || coalesce(b.allotted, 0) || ', wanted ' || coalesce(t.qty, 0) AS detail
           FROM bin_stock b FULL JOIN (SELECT bin_id, sku_id, sum(qty - qty_picked) AS qty FROM pick_task
                                       WHERE status = 'pending' GROUP BY 1, 2) t
             ON t.bin_id = b.bin_id AND t.sku_id = b.sku_id
           WHERE coalesce(b.allotted, 0) <> coalesce(t.qty, 0)""",
    ),
    "reserved_is_promised": Invariant(
        "I2",
        "reserved pieces are those promised to order lines",
        """SELECT coalesce(s.warehouse_id, r.warehouse_id) || ' ' || coalesce(s.sku_id, r.sku_id) AS subject,
                  'reserved ' || coalesce(s.reserved, 0) || ', promised ' || coalesce(r.qty, 0) AS detail
           FROM stock s FULL JOIN (SELECT warehouse_id, sku_id, sum(qty - qty_shipped - qty_released) AS qty
                                   FROM reservation GROUP BY 1, 2) r
             ON r.warehouse_id = s.warehouse_id AND r.sku_id = s.sku_id
           WHERE coalesce(s.reserved, 0) <> coalesce(r.qty, 0)""",
    ),
    "nothing_reserved_for_ended_orders": Invariant(
        "I2",
        "an order that is over keeps no promise open",
        """SELECT o.number AS subject, o.status || ' with ' || sum(r.qty - r.qty_shipped - r.qty_released) || ' reserved' AS detail
           FROM reservation r JOIN orders o ON o.id = r.order_id
           WHERE o.status IN ('cancelled', 'rejected', 'expired', 'fulfilled', 'closed')
           GROUP BY o.id HAVING sum(r.qty - r.qty_shipped - r.qty_released) <> 0""",
    ),
    "line_reserved_is_promised": Invariant(
        "I2",
        "what a line counts as reserved is what is promised to it; of a set every part is",
        """SELECT o.number || ' line ' || l.position AS subject,
                  'line ' || l.qty_reserved || ', promised ' || coalesce(r.qty, 0) AS detail
           FROM order_line l JOIN orders o ON o.id = l.order_id JOIN sku s ON s.id = l.sku_id AND NOT s.bundle
           LEFT JOIN (SELECT order_line_id, sum(qty - qty_shipped - qty_released) AS qty FROM reservation GROUP BY 1) r
             ON r.order_line_id = l.id
           WHERE l.qty_reserved <> coalesce(r.qty, 0)
           UNION ALL
           SELECT o.number || ' line ' || l.position || ' ' || k.code,
                  'sets ' || l.qty_shipped || ' shipped, ' || l.qty_reserved || ' reserved, of the part promised ' || coalesce(r.qty, 0)
           FROM order_line l JOIN orders o ON o.id = l.order_id JOIN bundle_part b ON b.bundle_id = l.sku_id
           JOIN sku k ON k.id = b.part_id
           LEFT JOIN (SELECT order_line_id, sku_id, sum(qty - qty_released) AS qty FROM reservation GROUP BY 1, 2) r
             ON r.order_line_id = l.id AND r.sku_id = b.part_id
           WHERE (l.qty_shipped + l.qty_reserved) * b.qty > coalesce(r.qty, 0)""",
    ),
    "no_part_is_promised_beyond_its_line": Invariant(
        "I6",
        "of no SKU more was promised to a line, or left for it, than its pieces or its sets want; of a foreign one nothing was",
        """SELECT o.number || ' line ' || l.position || ' ' || coalesce(k.code, CAST(r.sku_id AS text)) AS subject,
                  'promised ' || r.qty || ', wanted '
                  || (l.qty - l.qty_cancelled) * coalesce(b.qty, CASE WHEN r.sku_id = l.sku_id THEN 1 ELSE 0 END) AS detail
           FROM (SELECT order_line_id, sku_id, sum(qty - qty_released) AS qty FROM reservation GROUP BY 1, 2) r
           JOIN order_line l ON l.id = r.order_line_id JOIN orders o ON o.id = l.order_id LEFT JOIN sku k ON k.id = r.sku_id
           LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id AND b.part_id = r.sku_id
           WHERE r.qty > (l.qty - l.qty_cancelled) * coalesce(b.qty, CASE WHEN r.sku_id = l.sku_id THEN 1 ELSE 0 END)""",
    ),
    "a_backorder_is_on_its_way": Invariant(
        "I17",
        "what waits for goods is free already, or on an open supply request, or about to be allocated",
        """SELECT k.code AS subject, w.qty || ' backordered, ' || coalesce(f.qty, 0) || ' free, ' || coalesce(c.qty, 0)
                  || ' on their way' AS detail
           FROM (SELECT coalesce(b.part_id, l.sku_id) AS sku_id,
                        sum(greatest(l.qty_backordered * coalesce(b.qty, 1) - coalesce(spare.qty, 0), 0)) AS qty
                 FROM order_line l JOIN orders o ON o.id = l.order_id LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id
                 LEFT JOIN LATERAL (SELECT sum(r.qty - r.qty_released) - (l.qty_shipped + l.qty_reserved) * b.qty AS qty
                                    FROM reservation r WHERE r.order_line_id = l.id AND r.sku_id = b.part_id) spare
                   ON b.part_id IS NOT NULL
                 WHERE l.qty_backordered > 0 AND o.status IN ('confirmed', 'in_fulfilment')
                   AND NOT EXISTS (SELECT 1 FROM step s WHERE s.order_id = o.id AND s.state IN ('open', 'claimed', 'paused', 'parked')
                                   AND s.kind IN ('allocate', 'apply_change', 'decide_change', 'short_pick', 'put_back'))
                 GROUP BY 1) w
           JOIN sku k ON k.id = w.sku_id
           LEFT JOIN (SELECT sku_id, sum(greatest(on_hand - reserved - safety, 0)) AS qty FROM stock GROUP BY 1) f
             ON f.sku_id = w.sku_id
           LEFT JOIN (SELECT sku_id, sum(greatest(qty - qty_received, 0)) AS qty FROM supply_request
                      WHERE status IN ('raised', 'ordered') GROUP BY 1) c ON c.sku_id = w.sku_id
           WHERE w.qty > coalesce(f.qty, 0) + coalesce(c.qty, 0)
             AND NOT EXISTS (SELECT 1 FROM step s WHERE s.kind = 'wake' AND s.subject_id = w.sku_id
                             AND s.state IN ('open', 'claimed', 'paused', 'parked'))""",
    ),
    "restocked_is_on_the_ledger": Invariant(
        "I16",
        "returned goods are back in stock exactly when they were inspected as sellable",
        """SELECT coalesce(l.return_id, m.subject_id) || ' ' || coalesce(l.sku_id, m.sku_id) AS subject,
                  'restocked ' || coalesce(l.qty, 0) || ', moved ' || coalesce(m.qty, 0) AS detail
           FROM (SELECT return_id, sku_id, sum(qty_restocked) AS qty FROM return_line GROUP BY 1, 2
                 HAVING sum(qty_restocked) > 0) l
           FULL JOIN (SELECT subject_id, sku_id, sum(on_hand) AS qty FROM stock_move
                      WHERE cause = 'restock' AND on_hand > 0 AND key LIKE 'return:%' GROUP BY 1, 2) m
             ON m.subject_id = l.return_id AND m.sku_id = l.sku_id
           WHERE coalesce(l.qty, 0) <> coalesce(m.qty, 0)""",
    ),
}
