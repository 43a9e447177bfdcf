"""The statements of `steps.py`. The claim stands in one place, so that an engine without SKIP LOCKED needs one change."""

from __future__ import annotations

from functools import cache

from sqlalchemy import TextClause, text

#: Steps that are to be done or being done, said so that a partial index serves each part: of every kind far more are done.
RUNNING = """(state = 'open' OR state = 'claimed' AND lease_until IS NOT NULL OR state = 'claimed' AND performer <> 'system')"""

_COLUMNS = "id, kind, subject_type, subject_id, order_id, parent_id, round, attempt, token, opened_at, due_at"

# `k` is what all steps of a kind share, so that it travels once.
_NEW = """
    SELECT n.id, n.parent, n.kind, coalesce(n.key, CAST(n.subject AS text) || ':' || n.round) AS key,
           coalesce(n.type, k.type) AS type, n.subject, n.ord, n.round, k.performer, n.assignee, n.run_after,
           coalesce(n.due, k.due) AS due, n.remind, n.outcome, n.error
    FROM unnest(
        CAST(:n_id AS uuid[]), CAST(:n_parent AS uuid[]), CAST(:n_kind AS text[]), CAST(:n_key AS text[]),
        CAST(:n_type AS text[]), CAST(:n_subject AS uuid[]), CAST(:n_order AS uuid[]), CAST(:n_round AS int[]),
        CAST(:n_assignee AS uuid[]), CAST(:n_after AS timestamptz[]), CAST(:n_due AS timestamptz[]),
        CAST(:n_remind AS timestamptz[]), CAST(:n_outcome AS text[]), CAST(:n_error AS text[])
    ) AS n(id, parent, kind, key, type, subject, ord, round, assignee, run_after, due, remind, outcome, error)
    JOIN unnest(CAST(:k_kind AS text[]), CAST(:k_type AS text[]), CAST(:k_performer AS text[]),
                CAST(:k_due AS timestamptz[])) AS k(kind, type, performer, due) ON k.kind = n.kind
"""

# A step whose order is held is born paused, with the pause as evidence; one that ended already is written as it ended.
# Holds are few: materialized, so that they are looked for once and not anew for each step.
_INSERT = """
    h AS MATERIALIZED (SELECT DISTINCT ON (order_id) order_id, id AS hold_id, pause_reason FROM hold
          WHERE released_at IS NULL AND order_id = ANY(CAST(:n_order AS uuid[])) ORDER BY order_id, placed_at),
    n AS (SELECT new.*, h.hold_id, h.pause_reason FROM new LEFT JOIN h
            ON h.order_id = new.ord AND new.outcome IS NULL AND new.kind <> ALL(CAST(:on_hold AS text[]))),
    ins AS (INSERT INTO step (id, kind, key, subject_type, subject_id, order_id, parent_id, round, performer,
                assignee_id, state, attempt, token, run_after, opened_at, due_at, first_due_at, remind_at, escalation,
                outcome, error, finished_at, finished_by, claimed_at, worker)
            SELECT n.id, n.kind, n.key, n.type, n.subject, n.ord, n.parent, n.round, n.performer, n.assignee,
                CASE WHEN n.outcome IS NOT NULL THEN 'done' WHEN n.hold_id IS NULL THEN 'open' ELSE 'paused' END,
                CASE WHEN n.outcome IS NULL THEN 0 ELSE 1 END, CASE WHEN n.outcome IS NULL THEN 0 ELSE 1 END,
                coalesce(n.run_after, clock_timestamp()), :now, n.due, n.due, n.remind, 0, n.outcome, n.error,
                CASE WHEN n.outcome IS NOT NULL THEN CAST(:now AS timestamptz) END,
                CASE WHEN n.outcome IS NOT NULL THEN CAST(:by AS text) END,
                CASE WHEN n.outcome IS NOT NULL THEN clock_timestamp() END,
                CASE WHEN n.outcome IS NOT NULL THEN CAST(:worker AS text) END
            FROM n ORDER BY n.kind, n.key
            ON CONFLICT (kind, key) DO NOTHING RETURNING id, state),
    paused AS (INSERT INTO step_pause (id, step_id, hold_id, reason, evidence, started_at, due_before)
            SELECT gen_random_uuid(), n.id, n.hold_id, n.pause_reason, 'opened while held', :now, n.due
            FROM n JOIN ins ON ins.id = n.id WHERE n.hold_id IS NOT NULL),
    told AS (INSERT INTO touched (id, subject_id)
             SELECT * FROM unnest(CAST(:t_id AS uuid[]), CAST(:t_subject AS uuid[])))
"""

_UNFINISHED = "IN ('open', 'claimed')"


def _steps_of(things: str, kind: str, states: str = _UNFINISHED, *, by: str = "subject_id") -> str:
    """That a row of `step` is one of these things' steps: `things` is a query of ids, `kind` and `states` are conditions.

    A thing has a few steps, a kind nearly as many as there are orders, and before a table was first counted the planner
    takes any value for one of two hundred: it would go through all steps of the kind, or through all there are. OFFSET 0
    leaves it nothing but to look each thing up, and a kind that is no plain column nothing but the thing to look up by.
    """
    return f"""
        id = ANY(ARRAY(SELECT s.id FROM ({things}) AS thing(id) CROSS JOIN LATERAL (
            SELECT step.id FROM step WHERE step.{by} = thing.id AND step.kind || '' {kind} AND step.state {states} OFFSET 0) s))
        AND state {states}
    """


_SUBJECTS, _ORDERS = "SELECT unnest(CAST(:subjects AS uuid[]))", "SELECT unnest(CAST(:orders AS uuid[]))"
_ANY_KIND = "= ANY(CAST(:kinds AS text[]))"

OPEN = f"WITH new AS ({_NEW}), {_INSERT} SELECT id, state FROM ins"

# When one of them was taken over nothing is written, and the caller raises. What comes back are the steps that did not
# end so: of thousands of rows, normally none.
FINISH = f"""
    WITH fin AS (
        UPDATE step SET state = 'done', finished_at = least(f.at, :now), finished_by = :by, outcome = f.outcome,
               error = f.error, lease_until = NULL, remind_at = NULL
        FROM (SELECT * FROM unnest(CAST(:f_id AS uuid[]), CAST(:f_token AS bigint[]), CAST(:f_outcome AS text[]),
                                   CAST(:f_error AS text[]), CAST(:f_at AS timestamptz[]))
                       AS f(id, token, outcome, error, at)) f
        WHERE step.id = f.id AND step.token = f.token AND step.state IN ('open', 'claimed')
        RETURNING step.id),
    new AS ({_NEW} WHERE (SELECT count(*) FROM fin) = cardinality(CAST(:f_id AS uuid[]))), {_INSERT}
    SELECT f.id FROM unnest(CAST(:f_id AS uuid[])) AS f(id) WHERE f.id NOT IN (SELECT id FROM fin)
    UNION ALL SELECT n.id FROM n WHERE n.outcome IS NOT NULL AND n.id NOT IN (SELECT id FROM ins)
"""

# Steps of locked orders, so nobody else is at them.
END_RUNNING = f"""
    UPDATE step SET state = 'done', finished_at = :now, finished_by = :by, outcome = e.outcome, lease_until = NULL,
           remind_at = NULL
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:kinds AS text[]), CAST(:outcomes AS text[]))
         AS e(subject, kind, outcome)
    WHERE {_steps_of(_SUBJECTS, _ANY_KIND)} AND step.subject_id = e.subject AND step.kind = e.kind
"""

#: A system step of any kind that is due. The clock is asked for beforehand, which leads into the index of hours; asked in
#: each row it does not, and all that wait for theirs are read: parcels on their way, orders of tomorrow's wave.
DUE = "state = 'open' AND performer = 'system' AND run_after <= (SELECT clock_timestamp())"

# Whoever has its id reads it by that: a state that is no plain column leads into no index of open steps.
_STILL_DUE = "state || '' = 'open' AND run_after <= clock_timestamp()"

#: So many due steps of a kind are put in order; of more, which have fewer that wait among them, the index of due times
#: gives the first ones.
FEW = 200
#: Rows that nobody else holds; said here alone.
UNLOCKED = "FOR UPDATE SKIP LOCKED"
_FREE = f"{UNLOCKED} LIMIT"

# ANY(ARRAY(...)) runs the inner query once; IN (...) may run it again for each row, and then takes more than the limit.
# One whose lease ran out goes first and alone; only when there is none the open ones are looked at. The clock is asked
# for beforehand, so that leases which still run are not read.
CLAIM = f"""
    WITH lost AS MATERIALIZED (
        SELECT id FROM step WHERE kind = :kind AND state = 'claimed' AND lease_until < (SELECT clock_timestamp())
        ORDER BY lease_until {_FREE} 1),
    few AS MATERIALIZED (SELECT id FROM step WHERE kind = :kind AND {DUE} ORDER BY run_after LIMIT {FEW})
    UPDATE step SET state = 'claimed', token = token + 1, attempt = attempt + 1, claimed_at = clock_timestamp(),
           lease_until = clock_timestamp() + make_interval(secs => :lease_s), worker = :worker
    WHERE id = ANY(CASE
        WHEN EXISTS (SELECT 1 FROM lost) THEN ARRAY(SELECT id FROM lost)
        WHEN (SELECT count(*) FROM few) < {FEW} THEN
            ARRAY(SELECT id FROM step WHERE id = ANY(ARRAY(SELECT id FROM few)) AND {_STILL_DUE}
                  ORDER BY due_at {_FREE} {{limit}})
        ELSE
            ARRAY(SELECT id FROM step WHERE kind = :kind AND {DUE}
                  ORDER BY due_at {_FREE} {{limit}}) END)
    RETURNING {_COLUMNS}, EXISTS (SELECT 1 FROM lost) AS lost
"""


def claim(limit: int) -> TextClause:
    """CLAIM of up to `limit` steps. A literal LIMIT: as a parameter the generic plan scans the table."""
    return _claim(CLAIM, int(limit))


@cache
def _claim(statement: str, limit: int) -> TextClause:
    return text(statement.format(limit=limit))


FIND = f"""
    SELECT {_COLUMNS} FROM step
    WHERE {_steps_of(_SUBJECTS, _ANY_KIND, "= ANY(CAST(:states AS text[]))")} ORDER BY id FOR UPDATE
"""

#: What `Claimed` takes of the part `running`.
FOUND = ", ".join(f"running.{column}" for column in _COLUMNS.split(", "))


def find_part(*, kind: str, subjects: str) -> str:
    """`FIND` as a part `running` of a statement; `subjects` is a query of ids."""
    return f"""
    running AS (SELECT {_COLUMNS} FROM step WHERE {_steps_of(subjects, f"= '{kind}'")} ORDER BY id FOR UPDATE)
    """


FIND_BY_ID = f"""
    SELECT {_COLUMNS} FROM step WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('open', 'claimed')
    ORDER BY id FOR UPDATE
"""

_TAKE = """
    UPDATE step SET state = 'claimed', assignee_id = CAST(:staff AS uuid), claimed_at = :now, attempt = attempt + 1, token = token + 1
    WHERE {which} AND state = 'open' AND performer <> 'system'
      AND (assignee_id IS NULL OR assignee_id = CAST(:staff AS uuid))
    RETURNING id
"""
TAKE = _TAKE.format(which="id = ANY(CAST(:ids AS uuid[]))")


def take_part(*, kind: str, subjects: str) -> str:
    """`TAKE` of subjects' steps of a kind, as a part of a statement with `staff` (None: nobody takes) and `now`; `subjects` is a query of ids."""
    which = f"""CAST(:staff AS uuid) IS NOT NULL AND {_steps_of(subjects, f"= '{kind}'")}"""
    return f"taken_step AS ({_TAKE.format(which=which)}, {_COLUMNS.removeprefix('id, ')})"


def take_and_find_part(*, kind: str, subjects: str) -> str:
    """`take_part` and `find_part` in one statement: `running` are the steps taken just now, and those that ran before."""
    return f"""
    {take_part(kind=kind, subjects=subjects)},
    ran AS (SELECT {_COLUMNS} FROM step WHERE {_steps_of(subjects, f"= '{kind}'")}
            AND id NOT IN (SELECT id FROM taken_step) ORDER BY id FOR UPDATE),
    running AS (SELECT * FROM taken_step UNION ALL SELECT * FROM ran)
    """


REASSIGN = """
    UPDATE step SET assignee_id = :staff, token = token + 1,
           state = CASE WHEN state = 'claimed' THEN 'open' ELSE state END
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('open', 'claimed', 'paused') AND performer <> 'system'
    RETURNING id
"""

RETRY = """
    UPDATE step SET state = :state, error = :error, lease_until = NULL, attempt = attempt - :uncounted,
           run_after = clock_timestamp() + make_interval(secs => :delay)
    WHERE id = :id AND token = :token AND state = 'claimed'
"""

DUE_OF_KIND = f"""
    SELECT id FROM (SELECT id, due_at FROM step WHERE kind = :kind AND {DUE} ORDER BY run_after LIMIT 1000) first
    ORDER BY due_at, id
"""
# Locked in one order, for another process may do the same.
PUT_OFF = """
    WITH open AS MATERIALIZED (
        SELECT id FROM step WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open' ORDER BY id FOR NO KEY UPDATE)
    UPDATE step SET error = :error, run_after = clock_timestamp() + make_interval(secs => p.delay)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:delays AS double precision[])) AS p(id, delay) JOIN open ON open.id = p.id
    WHERE step.id = p.id
"""

HASTEN = """
    UPDATE step SET run_after = clock_timestamp()
    WHERE id IN (SELECT id FROM step WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open' AND run_after > clock_timestamp()
                 ORDER BY id FOR NO KEY UPDATE)
    RETURNING id, kind
"""

_PARKED = "SELECT order_id FROM step WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'parked'"
#: Holds are placed under the order's lock: whoever opens its steps by hand takes that first.
LOCK_PARKED = f"SELECT id FROM orders WHERE id = ANY(ARRAY({_PARKED})) ORDER BY id FOR NO KEY UPDATE"
# One that a hold stops is paused like any other of its order, and opens when the hold is released.
UNPARK = f"""
    WITH h AS (SELECT DISTINCT ON (order_id) order_id, id AS hold_id, pause_reason, resolving_kind FROM hold
               WHERE released_at IS NULL AND order_id = ANY(ARRAY({_PARKED})) ORDER BY order_id, placed_at),
    opened AS (
        UPDATE step SET state = CASE WHEN p.hold_id IS NULL THEN 'open' ELSE 'paused' END, attempt = 0,
               run_after = clock_timestamp(), token = token + 1
        FROM (SELECT s.id, h.hold_id, h.pause_reason FROM step s LEFT JOIN h
                ON h.order_id = s.order_id AND s.kind <> ALL(CAST(:on_hold AS text[])) AND s.kind IS DISTINCT FROM h.resolving_kind
              WHERE s.id = ANY(CAST(:ids AS uuid[]))) p
        WHERE step.id = p.id AND step.state = 'parked'
        RETURNING step.id, step.kind, step.due_at, p.hold_id, p.pause_reason),
    paused AS (INSERT INTO step_pause (id, step_id, hold_id, reason, evidence, started_at, due_before)
               SELECT gen_random_uuid(), id, hold_id, pause_reason, 'opened while held', :now, due_at
               FROM opened WHERE hold_id IS NOT NULL)
    SELECT id, kind, hold_id IS NULL AS open FROM opened
"""

GIVE_BACK = """
    UPDATE step SET state = 'open', attempt = attempt - 1, lease_until = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS bigint[])) AS g(id, token)
    WHERE step.id = g.id AND step.token = g.token AND step.state = 'claimed'
"""

ABANDON = """
    UPDATE step SET lease_until = clock_timestamp() WHERE state = 'claimed' AND worker = :worker RETURNING id
"""

LET_GO = """
    UPDATE step SET state = 'open', attempt = attempt - 1, lease_until = NULL, error = :error,
                    run_after = clock_timestamp() + make_interval(secs => :delay)
    WHERE state = 'claimed' AND worker = :worker RETURNING id
"""

RENEW = """
    UPDATE step SET lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS bigint[])) AS g(id, token)
    WHERE step.id = g.id AND step.token = g.token AND step.state = 'claimed' RETURNING step.id
"""

# With the pause that still stands of each: it ends with its step (`holds.end_pauses`).
_CANCEL = """
    WITH gone AS (
        UPDATE step SET state = 'cancelled', token = token + 1, finished_at = :now, finished_by = :by, outcome = :why,
               lease_until = NULL, remind_at = NULL
        WHERE {where}
        RETURNING id, kind)
    SELECT gone.id AS step_id, gone.kind, p.reason, p.started_at, p.due_before
    FROM gone LEFT JOIN LATERAL (SELECT reason, started_at, due_before FROM step_pause
                                 WHERE step_id = gone.id AND ended_at IS NULL OFFSET 0) p ON TRUE
"""

_STANDING = "IN ('open', 'claimed', 'paused', 'parked')"
CANCEL = _CANCEL.format(where=_steps_of(_SUBJECTS, _ANY_KIND, _STANDING))
CANCEL_ORDERS = _CANCEL.format(where=_steps_of(_ORDERS, _ANY_KIND, _STANDING, by="order_id"))

# Scans arrive in any order: an earlier one that comes later is when the step really ended.
ENDED_EARLIER = f"""
    UPDATE step SET finished_at = e.at FROM unnest(CAST(:subjects AS uuid[]), CAST(:ats AS timestamptz[])) AS e(subject, at)
    WHERE {_steps_of(_SUBJECTS, "= :kind", "= 'done'")} AND step.subject_id = e.subject AND step.finished_at > e.at
"""

MOVE_DUE = f"""
    UPDATE step SET due_at = d.due, remind_at = remind_at + (d.due - due_at) FROM unnest(CAST(:subjects AS uuid[]), CAST(:dues AS timestamptz[])) AS d(subject, due)
    WHERE {_steps_of(_SUBJECTS, "= :kind", "IN ('open', 'claimed', 'paused')")} AND step.subject_id = d.subject
"""
