"""How far order lines are, from what is picked and packed of their fulfilments; a bundle counts in whole ones."""

from __future__ import annotations

from sqlalchemy import text

# A bundle's line is picked as often as every part allows; a plain line's part is itself.
_PROGRESS = """
    UPDATE order_line SET qty_picked = p.picked, qty_packed = p.packed FROM (
        SELECT ol.id,
               floor(min(coalesce(x.picked, 0) / coalesce(bp.qty, 1)) * (CASE WHEN s.bundle THEN 1 ELSE 1000 END))
                   / (CASE WHEN s.bundle THEN 1 ELSE 1000 END) AS picked,
               floor(min(coalesce(x.packed, 0) / coalesce(bp.qty, 1)) * (CASE WHEN s.bundle THEN 1 ELSE 1000 END))
                   / (CASE WHEN s.bundle THEN 1 ELSE 1000 END) AS packed
        FROM order_line ol JOIN sku s ON s.id = ol.sku_id
        LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
        LEFT JOIN (SELECT fl.order_line_id, fl.sku_id, sum({picked}) AS picked, sum({packed}) AS packed
              FROM fulfilment_line fl JOIN fulfilment f ON f.id = fl.fulfilment_id AND f.status <> 'cancelled'
              WHERE {pieces} GROUP BY 1, 2) x
          ON x.order_line_id = ol.id AND x.sku_id = coalesce(bp.part_id, ol.sku_id)
        WHERE {lines} GROUP BY ol.id, s.bundle) p
    WHERE order_line.id = p.id AND (order_line.qty_picked, order_line.qty_packed) IS DISTINCT FROM (p.picked, p.packed)
"""
_OF_ORDERS = "= ANY(CAST(:orders AS uuid[]))"

#: Count the lines of `orders` anew.
LINE_PROGRESS = text(
    _PROGRESS.format(
        picked="fl.qty_picked",
        packed="fl.qty_packed",
        pieces=f"fl.order_id {_OF_ORDERS}",
        lines=f"ol.order_id {_OF_ORDERS}",
    )
)


def of_scan(column: str) -> str:
    """The part of a scan's statement that counts its order line anew, with `qty` pieces more in `column`.

    The statement's part `line` wrote (id, order_id, order_line_id) of the one fulfilment line; what it wrote is not yet seen.
    """
    counted = {"picked": "fl.qty_picked", "packed": "fl.qty_packed"}
    counted[column] += " + CASE WHEN fl.id = (SELECT id FROM line) THEN CAST(:qty AS numeric) ELSE 0 END"
    pieces = "fl.order_id = (SELECT order_id FROM line) AND fl.order_line_id = (SELECT order_line_id FROM line)"
    return (
        f"progress AS ({_PROGRESS.format(**counted, pieces=pieces, lines='ol.id = (SELECT order_line_id FROM line)')})"
    )
