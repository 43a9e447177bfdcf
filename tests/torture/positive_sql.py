"""The statements that the positive controls ask and do."""

from __future__ import annotations

from sqlalchemy import text

LEFT = text("""
    SELECT s.kind, s.state, count(*) AS steps FROM step s LEFT JOIN orders o ON o.id = s.order_id
    WHERE s.kind = ANY(CAST(:kinds AS text[])) AND s.state IN ('open', 'claimed')
      AND coalesce(o.channel_order_id, '') NOT LIKE :killer GROUP BY 1, 2
""")
PARKED = text("""
    SELECT s.kind, s.error FROM step s LEFT JOIN orders o ON o.id = s.order_id
    WHERE s.state = 'parked' AND coalesce(o.channel_order_id, '') NOT LIKE :killer AND s.kind = ANY(CAST(:kinds AS text[]))
""")
KILLER_STATE = text("""
    SELECT s.state FROM step s JOIN orders o ON o.id = s.order_id WHERE o.channel_order_id LIKE :killer AND s.kind = 'verify'
""")
#: A moment's work for somebody who can reach the database as its owner.
ALTER = """
    SET session_replication_role = replica;
    UPDATE history_entry SET actor = 'staff:nobody' WHERE id = (SELECT entry_id FROM seal ORDER BY seq LIMIT 1 OFFSET 20);
    SET session_replication_role = origin;
"""
