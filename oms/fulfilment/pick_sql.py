"""The statements of picking: a scan is read and judged with its order's row taken, counted in one write, and the last one settles."""

from __future__ import annotations

from sqlalchemy import text

from oms.fulfilment import codes, progress
from oms.fulfilment.models import Fulfilment, PickTask, Wave
from oms.inventory import carrying
from oms.journey import move_sql, step_sql

# All that a scan is judged by: the list, what its code is, whether the device sent it before, the open stops of that SKU.
# The order of the stop that a right scan counts for is locked: what is written of it is written under that lock.
READ = text(f"""
    WITH r AS MATERIALIZED (
        SELECT w.id AS wave_id, w.warehouse_id, p.id AS packing_bin_id, c.sku_id AS scanned_sku_id,
               coalesce(c.qty, 0) AS per_scan, k.answer AS known, k.task_id AS known_task_id,
               k.stage = 'pick' AND k.code = :read_code AND k.bin_code = :read_bin AND k.qty = CAST(:qty AS numeric)
                   AND w.id = (SELECT wave_id FROM fulfilment WHERE fulfilment.id = k.fulfilment_id) AS same,
               (SELECT fulfilment_id FROM pick_task WHERE wave_id = w.id ORDER BY stop LIMIT 1) AS first_fulfilment_id,
               t.id, t.fulfilment_id, t.order_id, t.sku_id, t.qty - t.qty_picked AS left_over, t.bin_code, t.stop
        FROM wave w
        LEFT JOIN LATERAL ({codes.FIND}) c ON TRUE
        LEFT JOIN LATERAL (SELECT id FROM bin WHERE bin.warehouse_id = w.warehouse_id AND kind = 'packing' LIMIT 1) p ON TRUE
        LEFT JOIN scan k ON k.scan_id = :scan
        LEFT JOIN LATERAL (SELECT pick_task.*, bin.code AS bin_code FROM pick_task JOIN bin ON bin.id = pick_task.bin_id
                           WHERE pick_task.wave_id = w.id AND pick_task.sku_id = c.sku_id AND pick_task.status = 'pending') t ON TRUE
        WHERE w.id = :wave),
    o AS (SELECT id FROM orders WHERE id = (
              SELECT order_id FROM r WHERE known IS NULL AND bin_code = :bin AND left_over >= per_scan * CAST(:qty AS numeric)
                AND (CAST(:stop AS int) IS NULL OR stop = CAST(:stop AS int))
              ORDER BY stop LIMIT 1) FOR NO KEY UPDATE)
    SELECT r.*, o.id AS locked_order_id FROM r LEFT JOIN o ON TRUE ORDER BY r.stop
""")

# Nothing is written where the stop is no longer open for so many pieces, its order is held, or another scan came first under
# this id, at this order or in this very moment at another: the answer is no row.
# The list is locked, so that of the last stops of two orders scanned at once the second one sees that it completes the list.
_READY = """
    fits AS MATERIALIZED (
        SELECT t.id, t.wave_id, t.fulfilment_id, t.fulfilment_line_id, t.order_id, t.bin_id, t.sku_id, t.qty_picked,
               CAST(t.qty - t.qty_picked - CAST(:qty AS numeric) AS numeric(14, 3)) AS left_over, w.warehouse_id, w.status AS wave_status
        FROM pick_task t JOIN wave w ON w.id = t.wave_id
        WHERE t.id = :task AND t.status = 'pending' AND t.qty_picked + CAST(:qty AS numeric) <= t.qty
          AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = t.order_id AND h.released_at IS NULL)
          AND NOT EXISTS (SELECT 1 FROM scan k WHERE k.scan_id = :scan)
        FOR NO KEY UPDATE OF w),
    scanned AS (INSERT INTO scan (id, scan_id, stage, fulfilment_id, task_id, code, bin_code, sku_id, qty, pieces, accepted, answer, actor, at)
        SELECT :row, :scan, 'pick', fulfilment_id, id, :code, :bin, sku_id, CAST(:times AS numeric), CAST(:qty AS numeric), TRUE, 'ok', :actor, :now
        FROM fits ON CONFLICT (scan_id) DO NOTHING RETURNING scan_id),
    ready AS MATERIALIZED (SELECT * FROM fits WHERE EXISTS (SELECT 1 FROM scanned))
"""
# The first scan of a list, and of a fulfilment, begins its picking; whoever scans takes the step.
_BEGUN = [
    move_sql.parts(
        Wave, "wave_begun", to="in_progress", cause="'first scan'",
        source="(SELECT wave_id AS id, CAST(:wave_entry AS uuid) AS entry_id FROM ready WHERE wave_status = 'released')",
    ),
    move_sql.parts(
        Fulfilment, "begun", to="picking", cause="'first scan'",
        source="(SELECT fulfilment_id AS id, CAST(:begun_entry AS uuid) AS entry_id FROM ready)",
    ),
    step_sql.take_part(kind="pick", subjects="SELECT id FROM begun"),
]  # fmt: skip
_STOP = [
    """
    counted AS (UPDATE pick_task SET qty_picked = pick_task.qty_picked + CAST(:qty AS numeric), picked_by = :actor, picked_at = :now
                FROM ready WHERE pick_task.id = ready.id AND ready.left_over > 0)
    """,
    move_sql.parts(
        PickTask, "finished", to="picked", cause="'scanned'",
        source="(SELECT id, CAST(:task_entry AS uuid) AS entry_id FROM ready WHERE left_over = 0)",
        also={"qty_picked": "t.qty", "picked_by": ":actor", "picked_at": ":now"},
    ),
    """
    line AS (UPDATE fulfilment_line l SET qty_picked = l.qty_picked + CAST(:qty AS numeric) FROM ready
             WHERE l.id = ready.fulfilment_line_id RETURNING l.id, l.order_id, l.order_line_id)
    """,
    progress.of_scan("picked"),
]  # fmt: skip
# The list's row comes before the stock's, as everywhere.
_CARRIED = f"""
    m AS (SELECT CAST(:move AS uuid) AS id, 'pick:' || ready.id || ':' || qty_picked AS key, warehouse_id, sku_id, bin_id,
                 CAST(:packing AS uuid) AS to_bin_id, CAST(:qty AS numeric) AS qty, CAST(:qty AS numeric) AS allotted,
                 order_id, ready.id AS subject_id
          FROM ready WHERE (SELECT count(*) FROM wave_begun) >= 0),
    {carrying.PARTS}
"""

COUNT = text(f"""
    WITH {", ".join([_READY, *_BEGUN, *_STOP, _CARRIED])}
    SELECT ready.left_over, {carrying.COUNTS}, NOT EXISTS (
        SELECT 1 FROM pick_task other WHERE other.fulfilment_id = ready.fulfilment_id AND other.status = 'pending'
                                        AND other.id <> ready.id) AS last_stop
    FROM ready
""")


def no_open_stop(wave: str) -> str:
    """That the list has no open stop; `wave` is its id in SQL. A repeat reads the list's own stops again.

    As NOT EXISTS, the planner may take open stops for rare and read those of all lists, for each batch.
    """
    return f"(SELECT TRUE FROM pick_task t WHERE t.wave_id = {wave} AND t.status = 'pending' LIMIT 1) IS NULL"


# Fulfilments without an open stop, and the lists that have none left; a list whose last stop was short is done too.
_ENDED = f"""
    ended AS MATERIALIZED (
        SELECT f.id, f.wave_id, e.entry_id, bool_or(t.status = 'short') AS short
        FROM unnest(CAST(:ids AS uuid[]), CAST(:entries AS uuid[])) AS e(id, entry_id)
        JOIN fulfilment f ON f.id = e.id JOIN pick_task t ON t.fulfilment_id = f.id
        GROUP BY 1, 2, 3 HAVING NOT bool_or(t.status = 'pending')),
    lists AS (
        SELECT d.wave_id AS id, e.entry_id
        FROM (SELECT wave_id, row_number() OVER (ORDER BY wave_id) AS place FROM ended WHERE wave_id IS NOT NULL GROUP BY 1) d
        JOIN unnest(CAST(:wave_entries AS uuid[])) WITH ORDINALITY AS e(entry_id, place) ON e.place = d.place
        WHERE {no_open_stop("d.wave_id")})
"""
_MOVED = [
    move_sql.parts(
        Fulfilment, name, to=name, cause="'last task'", also={"picked_by": ":actor"},
        source=f"(SELECT id, entry_id FROM ended WHERE short = {short})",
    )
    for name, short in (("picked", "FALSE"), ("short", "TRUE"))
]  # fmt: skip
_COMPLETED = move_sql.parts(
    Wave, "completed", to="completed", source="lists", cause="'last task'",
    also={"completed_at": "coalesce(t.completed_at, :now)"},
)  # fmt: skip
_STEPS = step_sql.find_part(kind="pick", subjects="SELECT id FROM ended")

SETTLE = text(f"""
    WITH {", ".join([_ENDED, *_MOVED, _COMPLETED, _STEPS])}
    SELECT ended.id AS fulfilment_id, ended.short, EXISTS (SELECT 1 FROM lists WHERE lists.id = ended.wave_id) AS wave_completed, {step_sql.FOUND}
    FROM ended FULL JOIN running ON running.subject_id = ended.id ORDER BY ended.id
""")
