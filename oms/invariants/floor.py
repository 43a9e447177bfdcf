"""Floor and carrier: what left was checked by scan, one live label for each parcel (I7, I8)."""

from __future__ import annotations

from oms.invariants.table import Invariant

_UNFINISHED = "('open', 'claimed', 'paused', 'parked')"

FLOOR: dict[str, Invariant] = {
    "what_left_was_checked_by_scan": Invariant(
        "I7",
        "no piece leaves without a scan at the packing table before it",
        # Each time that something left, all that had left of a list until then: what is checked later excuses nothing.
        """SELECT f.number || ' ' || g.sku_id AS subject, g.qty || ' left, ' || coalesce(c.qty, 0) || ' checked' AS detail
           FROM (SELECT x.fulfilment_id, x.sku_id, x.at, sum(x.qty) OVER (PARTITION BY x.fulfilment_id, x.sku_id ORDER BY x.at) AS qty
                 FROM (SELECT fl.fulfilment_id, fl.sku_id, p.handed_over_at AS at, sum(pl.qty) AS qty
                       FROM parcel p JOIN parcel_line pl ON pl.parcel_id = p.id
                       JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
                       WHERE p.handed_over_at IS NOT NULL GROUP BY 1, 2, 3) x) g
           JOIN fulfilment f ON f.id = g.fulfilment_id
           LEFT JOIN LATERAL (SELECT sum(s.pieces) AS qty FROM scan s
                              WHERE s.fulfilment_id = g.fulfilment_id AND s.sku_id = g.sku_id AND s.stage = 'pack'
                                AND s.accepted AND s.at <= g.at) c ON TRUE
           WHERE g.qty > coalesce(c.qty, 0)""",
    ),
    "a_parcel_has_one_label": Invariant(
        "I8",
        "a parcel has no second label but after the one before it was void",
        """SELECT p.number AS subject, count(*) || ' labels' AS detail FROM parcel p
           JOIN document d ON d.subject_id = p.id AND d.kind = 'label'
           GROUP BY p.id HAVING count(*) > 1 AND count(*) > 1 + (
               SELECT count(*) FROM history_entry h WHERE h.order_id = p.order_id AND h.subject_id = p.id
                                                      AND h.event = 'label_status.voided')""",
    ),
    "a_label_has_its_effect": Invariant(
        "I8",
        "each label was bought by a recorded call under the parcel's reference, which the carrier did not refuse",
        """SELECT p.number AS subject, p.label_status || ', waybill ' || coalesce(p.waybill_number, 'none') AS detail FROM parcel p
           WHERE p.label_status IN ('purchased', 'used', 'void_requested')
             AND (p.waybill_number IS NULL
                  OR NOT EXISTS (SELECT 1 FROM effect e WHERE e.key = 'book:' || p.reference AND e.state <> 'refused'))""",
    ),
    "no_label_for_a_cancelled_order": Invariant(
        "I8",
        "a label of a cancelled order that stayed in the house is taken back",
        f"""SELECT p.number AS subject, 'label ' || p.label_status || ', order ' || o.status AS detail
            FROM parcel p JOIN orders o ON o.id = p.order_id
            WHERE o.status = 'cancelled' AND p.handed_over_at IS NULL AND p.label_status IN ('purchased', 'void_requested')
              AND NOT EXISTS (SELECT 1 FROM step s WHERE s.subject_id = p.id AND s.kind IN ('void_label', 'track_case')
                              AND s.state IN {_UNFINISHED})""",
    ),
    "a_void_is_not_stuck": Invariant(
        "I8",
        "a label that is to be void has a step that makes it so",
        f"""SELECT p.number AS subject, 'void requested' AS detail FROM parcel p
            WHERE p.label_status = 'void_requested' AND NOT EXISTS (
                SELECT 1 FROM step s WHERE s.subject_id = p.id AND s.kind = 'void_label' AND s.state IN {_UNFINISHED})""",
    ),
    "no_call_left_in_the_air": Invariant(
        "I8",
        "a call whose end nobody knows has a step that finds out",
        f"""SELECT e.key AS subject, e.state AS detail FROM effect e
            WHERE e.state IN ('intent', 'unknown')
              AND NOT EXISTS (SELECT 1 FROM step s WHERE s.subject_id = e.subject_id AND s.state IN {_UNFINISHED}
                              AND s.kind IN (e.kind, 'mend_booking'))
              AND NOT EXISTS (SELECT 1 FROM step s WHERE s.subject_id = e.subject_id AND s.kind = 'void_label'
                              AND e.kind = 'book')""",
    ),
    "handed_over_is_shipped": Invariant(
        "I6",
        "a parcel that left has its pieces taken off the stock, once",
        # Each good by itself: one piece too many of this stands for none that lacks of that.
        """SELECT coalesce(l.number, CAST(m.subject_id AS text), 'no parcel') || ' ' || coalesce(l.sku_id, m.sku_id) AS subject,
                  coalesce(m.qty, 0) || ' moved of ' || coalesce(l.qty, 0) AS detail
           FROM (SELECT p.id, p.number, fl.sku_id, sum(CASE WHEN p.handed_over_at IS NULL THEN 0 ELSE pl.qty END) AS qty
                 FROM parcel p JOIN parcel_line pl ON pl.parcel_id = p.id
                 JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id GROUP BY 1, 2, 3) l
           FULL JOIN (SELECT subject_id, sku_id, -sum(on_hand) AS qty FROM stock_move WHERE cause = 'ship' GROUP BY 1, 2) m
             ON m.subject_id = l.id AND m.sku_id = l.sku_id
           WHERE coalesce(l.qty, 0) <> coalesce(m.qty, 0)""",
    ),
    "collected_ended_its_step": Invariant(
        "I17",
        "the promise steps of a fulfilment end with the last parcel's scan, or with what became of it",
        """SELECT f.number AS subject, s.kind || ' still ' || s.state AS detail
           FROM step s JOIN fulfilment f ON f.id = s.subject_id
           WHERE s.kind IN ('collect', 'deliver') AND s.state IN ('open', 'claimed')
             AND EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id)
             AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id
                             AND (CASE s.kind WHEN 'collect' THEN p.collected_at ELSE p.delivered_at END) IS NULL
                             AND p.undelivered_at IS NULL)""",
    ),
}
