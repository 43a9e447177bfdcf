"""What backordered lines wait for, as a part of a statement: a bundle waits for its parts."""

from __future__ import annotations

#: The goods of the parameter `skus`.
OF_SKUS = "SELECT unnest(CAST(:skus AS uuid[]))"


def waiting(goods: str) -> str:
    """A query of (order_id, position, sku_id, qty): the pieces of `goods`, a query of SKU ids, that each backordered line waits for.

    The lines are looked for by what was sold: those that wait for other goods, however many, are not read. OFFSET 0 leaves the
    planner nothing else, whatever it knows of the tables.
    """
    return f"""
        SELECT l.order_id, l.position, sold.part_id AS sku_id, l.qty_backordered * sold.per AS qty
        FROM (SELECT goods.id AS part_id, goods.id AS sold_id, 1 AS per FROM ({goods}) AS goods(id)
              WHERE NOT EXISTS (SELECT 1 FROM bundle_part b WHERE b.bundle_id = goods.id)
              UNION ALL
              SELECT b.part_id, b.bundle_id, b.qty FROM ({goods}) AS goods(id) JOIN bundle_part b ON b.part_id = goods.id) sold
        CROSS JOIN LATERAL (SELECT order_id, position, qty_backordered FROM order_line
                            WHERE order_line.sku_id = sold.sold_id AND qty_backordered > 0 OFFSET 0) l
    """
