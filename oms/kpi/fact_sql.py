"""The statements of `facts.py`: steps with what they are grouped by, entries, errors; of a month, or of some units."""

from __future__ import annotations

from sqlalchemy import text

from oms.kpi.definitions import SUPPLY

#: An actor is `staff:<id>`, or the login where a person was named by hand: both are one person, shown by name.
#: Two of one name are told apart by their logins.
PEOPLE = """
    people AS (
        SELECT a.actor, s.name || CASE WHEN count(*) OVER (PARTITION BY s.name) > 2 THEN ' (' || s.login || ')' ELSE '' END
               AS person
        FROM staff s CROSS JOIN LATERAL (VALUES ('staff:' || s.id), (s.login)) AS a(actor))
"""

_OF_MONTH = """
    chosen AS (
        SELECT s.id, s.order_id, s.kind FROM step s
        WHERE s.kind = ANY(CAST(:kinds AS text[])) AND (
            (s.due_at >= :start AND s.due_at < :end)
            -- One that waited too long is due later than it says: as if its pause had ended in time.
            OR (s.state = 'paused' AND s.due_at < :end)
            OR (s.kind IN ('collect', 'deliver') AND s.first_due_at >= :start AND s.first_due_at < :end)
            OR (s.kind = ANY(CAST(:ended AS text[])) AND s.finished_at >= :start AND s.finished_at < :end)
            OR (s.kind = ANY(CAST(:questions AS text[])) AND s.opened_at >= :start AND s.opened_at < :end))),
    promised AS (SELECT DISTINCT order_id FROM chosen WHERE kind IN ('collect', 'deliver') AND order_id IS NOT NULL),
    whole AS (
        SELECT id FROM chosen
        UNION
        -- All parts of a promised order, and what overran its clock before the parcel left.
        SELECT s.id FROM step s JOIN promised p ON p.order_id = s.order_id
        WHERE s.kind IN ('release', 'collect', 'deliver')
           OR (s.kind = ANY(CAST(:kinds AS text[])) AND coalesce(s.finished_at, :now) > s.due_at)
        UNION
        -- An error belongs to one part of its order, which may be of another month.
        SELECT s.id FROM step s JOIN chosen c ON c.order_id = s.order_id AND c.kind = s.kind
        WHERE s.kind IN ('pick', 'pack')),
    taken AS (SELECT s.* FROM step s JOIN whole ON whole.id = s.id)
"""
# Everything of some orders, and of subjects that belong to none. Taken whole at once: found again by its id, each step
# would cost as much as all else here.
_OF_UNITS = """
    taken AS (
        SELECT s.* FROM step s WHERE s.order_id = ANY(CAST(:units AS uuid[])) AND s.kind = ANY(CAST(:kinds AS text[]))
        UNION ALL
        SELECT s.* FROM step s
        WHERE s.subject_id = ANY(CAST(:units AS uuid[])) AND s.order_id IS NULL AND s.kind = ANY(CAST(:kinds AS text[])))
"""

# Of a stop something was taken from its bin, though it was missing at the packing table afterwards.
_TAKEN = "(t.qty_picked > 0 OR t.status = 'picked')"
# Of a list that several walked: each person, how many lines they ended, and the last of their stops.
_PICKERS = f"""(
    SELECT coalesce(jsonb_agg(jsonb_build_array(x.person, x.lines, x.task) ORDER BY x.person), '[]')
    FROM (SELECT p.person, count(*) AS lines, max(CAST(ended.id AS text)) AS task
          FROM (SELECT DISTINCT ON (t.fulfilment_line_id) t.id, t.picked_by
                FROM pick_task t WHERE t.fulfilment_id = f.id AND {_TAKEN}
                ORDER BY t.fulfilment_line_id, t.picked_at DESC, t.id DESC) ended
          JOIN people p ON p.actor = ended.picked_by GROUP BY p.person) x)"""

# Who had a step that was handed over after it was due, and when it was: by the order, or by the subject where there is none.
_HANDED = """(
    SELECT jsonb_agg(jsonb_build_array(h.at, had.person) ORDER BY h.id)
    FROM (SELECT id, at, was, subject_id, event, data FROM history_entry WHERE order_id = s.order_id
          UNION ALL
          SELECT id, at, was, subject_id, event, data FROM history_entry
          WHERE s.order_id IS NULL AND order_id IS NULL AND subject_id = s.subject_id) h
    LEFT JOIN people had ON had.actor = 'staff:' || h.was
    WHERE h.event = 'step.handed_over' AND h.subject_id = s.subject_id AND h.data ->> 'step' = s.kind
      AND h.at > s.due_at AND h.at >= s.opened_at AND (s.finished_at IS NULL OR h.at <= s.finished_at))"""

_FACTS = f"""
    WITH {PEOPLE}, {{taken}},
    paused AS (
        SELECT z.step_id, jsonb_agg(jsonb_build_array(z.reason, z.started_at, z.ended_at, z.due_after)
                                    ORDER BY z.started_at, z.ended_at) AS pauses
        FROM step_pause z JOIN taken ON taken.id = z.step_id GROUP BY z.step_id)
    SELECT s.id, s.kind, s.performer, s.state, s.opened_at, s.due_at, s.first_due_at, s.subject_id, s.order_id,
           o.number AS order_no, c.name AS channel, CAST(o.customer_id AS text) AS customer, w.code AS warehouse,
           k.name AS carrier, coalesce(served.person, ended.person, owner.person) AS person, s.finished_at, s.outcome,
           CASE s.kind
               -- A line of which nothing was found was not picked. One that was missing at the table later was: wrongly.
               WHEN 'pick' THEN (SELECT count(*) FROM fulfilment_line l WHERE l.fulfilment_id = f.id AND (l.qty_short < l.qty OR EXISTS (
                   SELECT 1 FROM pick_task t WHERE t.fulfilment_id = f.id AND t.fulfilment_line_id = l.id AND t.status = 'picked')))
               -- What was put aside at the table since goods are missing is no parcel yet.
               WHEN 'pack' THEN CASE WHEN s.outcome = 'short' THEN 0 ELSE (SELECT greatest(count(*), 1) FROM parcel l WHERE l.fulfilment_id = f.id) END
           END AS units,
           -- The last answer is the one that is kept: one that was asked for again later has no score of its own any more.
           CASE WHEN s.outcome = 'scored' AND NOT EXISTS (
                    SELECT 1 FROM step later WHERE later.subject_id = s.subject_id AND later.kind = s.kind
                      AND later.outcome = 'scored' AND later.round > s.round) THEN
               (SELECT a.service FROM score a WHERE a.subject_id = s.subject_id) END AS score,
           f.id AS fulfilment,
           s.kind = 'deliver' AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = s.order_id AND l.qty_backordered > 0) AS rest,
           CASE WHEN s.kind = 'pick' AND EXISTS (SELECT 1 FROM pick_task t WHERE t.fulfilment_id = f.id AND {_TAKEN}
                                                    AND t.picked_by <> s.finished_by) THEN {_PICKERS} END AS pickers,
           -- The token rises with each claim, as attempts do, and with each hand-over.
           CASE WHEN s.token > s.attempt AND s.performer <> 'system' AND (s.finished_at IS NULL OR s.finished_at > s.due_at)
                THEN {_HANDED} END AS handed,
           paused.pauses
    FROM taken s
    LEFT JOIN paused ON paused.step_id = s.id
    -- What a subject is not is not looked for either: nothing has the id NULL.
    LEFT JOIN parcel p ON p.id = CASE s.subject_type WHEN 'parcel' THEN s.subject_id END
    LEFT JOIN fulfilment f ON f.id = coalesce(p.fulfilment_id, s.subject_id)
    LEFT JOIN orders o ON o.id = s.order_id
    LEFT JOIN inbound_message m ON m.id = CASE s.subject_type WHEN 'inbound_message' THEN s.subject_id END
    LEFT JOIN channel c ON c.id = coalesce(o.channel_id, m.channel_id)
    LEFT JOIN warehouse w ON w.id = f.warehouse_id
    LEFT JOIN carrier k ON k.id = coalesce(p.carrier_id, f.carrier_id)
    -- What was cancelled was done by nobody: who had it answers for its time, never who cancelled it.
    -- What the machine does in a person's call is nobody's work: their own step counts, and beside it one that is never late.
    LEFT JOIN people ended ON ended.actor = s.finished_by AND s.state <> 'cancelled' AND s.performer <> 'system'
        AND s.kind <> '{SUPPLY}'
    -- Goods that are asked for end with the worker who books them, or with who cancels their last order: a buyer waited for them.
    LEFT JOIN people owner ON owner.actor = 'staff:' || s.assignee_id
        AND (s.finished_by IS NULL OR s.state = 'cancelled' OR s.kind = '{SUPPLY}')
    LEFT JOIN ticket t ON s.kind = 'rate_ticket' AND t.id = s.subject_id
    -- A score of the service is about the person who entered the order, or had the ticket when it was solved, whoever has it now.
    LEFT JOIN step solved ON solved.id = CASE s.kind WHEN 'rate_ticket' THEN s.parent_id END
    LEFT JOIN people served ON served.actor = CASE s.kind
        WHEN 'rate_service' THEN o.entered_by
        WHEN 'rate_ticket' THEN coalesce('staff:' || solved.assignee_id, solved.finished_by, 'staff:' || t.owner_id) END
    ORDER BY s.due_at, s.id
"""
STEPS, STEPS_OF_UNITS = text(_FACTS.format(taken=_OF_MONTH)), text(_FACTS.format(taken=_OF_UNITS))

# A person's entry is the step `enter`; an order without one was entered by a machine when it was received.
_ENTERED = f"""
    WITH {PEOPLE}
    SELECT coalesce(s.id, o.id) AS id, o.id AS order_id, o.number AS order_no, c.name AS channel, p.person,
           coalesce(s.opened_at, o.received_at) AS opened_at, coalesce(s.due_at, o.received_at) AS due_at,
           coalesce(s.finished_at, o.received_at) AS finished_at
    FROM orders o JOIN channel c ON c.id = o.channel_id
    LEFT JOIN step s ON s.order_id = o.id AND s.kind = 'enter' AND s.state = 'done'
    LEFT JOIN people p ON p.actor = s.finished_by
    WHERE {{which}} ORDER BY o.number
"""
ENTRIES = text(
    _ENTERED.format(
        which="coalesce(s.finished_at, o.received_at) >= :start AND coalesce(s.finished_at, o.received_at) < :end"
    )
)
ENTRIES_OF_UNITS = text(_ENTERED.format(which="o.id = ANY(CAST(:units AS uuid[]))"))

# The row has the last ruling alone, the history each.
ERRORS = text(f"""
    WITH {PEOPLE}
    SELECT e.id, e.order_id, e.subject_id, e.kind, e.cause, e.stage, coalesce(p.person, e.person), e.caught, e.at, e.upheld,
           CASE WHEN e.ruled_at IS NOT NULL THEN coalesce(
               (SELECT array_agg(h.at) FROM history_entry h
                WHERE h.order_id = e.order_id AND h.subject_id = e.id AND h.event IN ('error.upheld', 'error.lifted')),
               ARRAY[e.ruled_at]) END
    FROM error_event e LEFT JOIN people p ON p.actor = e.person
    WHERE e.at < :freeze AND e.order_id = ANY(CAST(:orders AS uuid[])) ORDER BY e.at, e.id
""")
