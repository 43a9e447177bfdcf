"""Journey: states are the fold of their history, steps are what they say, promises of messages are kept (I5, I9-I11)."""

from __future__ import annotations

from collections.abc import Iterator

from oms.aftersales.models import Refund, Return, Ticket
from oms.db import Base
from oms.fulfilment.models import Fulfilment
from oms.intake.models import InboundMessage
from oms.invariants.table import Invariant
from oms.journey.states import Machine
from oms.messages.models import Message
from oms.orders.models import Order
from oms.shipping.models import HandOverList, Parcel

#: The rows whose every status change is history; their machines say which moves are allowed.
FOLDED: tuple[type[Base], ...] = (
    Order,
    Fulfilment,
    Parcel,
    HandOverList,
    InboundMessage,
    Message,
    Return,
    Refund,
    Ticket,
)


def _axes() -> Iterator[tuple[str, str, Machine]]:
    for model in FOLDED:
        for axis, machine in model.MACHINES.items():  # type: ignore[attr-defined]
            yield model.__tablename__, axis, machine


def _subject(table: str) -> str:
    return "order" if table == "orders" else table


def _moves() -> str:
    """Every allowed move of every machine as rows (subject type, axis, from, to)."""
    rows = [
        f"('{_subject(table)}', '{axis}', '{was}', '{became}')"
        for table, axis, machine in _axes()
        for was, nexts in machine.moves.items()
        for became in sorted(nexts)
    ]
    return ", ".join(rows)


def _present() -> str:
    """The present state of every row on every axis."""
    return " UNION ALL ".join(
        f"SELECT '{_subject(table)}' AS type, '{axis}' AS axis, id, {axis} AS state FROM {table}"
        for table, axis, _ in _axes()
    )


_ENTRIES = """
    SELECT h.subject_type AS type, split_part(h.event, '.', 1) AS axis, h.subject_id AS id, h.was, h.became, h.id AS entry
    FROM history_entry h WHERE h.was IS NOT NULL AND h.became IS NOT NULL
"""

JOURNEY: dict[str, Invariant] = {
    "every_move_is_allowed": Invariant(
        "I5",
        "each status change is a move that its machine allows",
        f"""SELECT e.entry AS subject, e.type || '.' || e.axis || ': ' || e.was || ' -> ' || e.became AS detail
            FROM ({_ENTRIES}) e
            WHERE (e.type, e.axis) IN (SELECT a.type, a.axis FROM (VALUES {_moves()}) AS a(type, axis, was, became))
              AND (e.type, e.axis, e.was, e.became) NOT IN (VALUES {_moves()})""",
    ),
    # Entries of two processes need not stand in order, so the walk is judged by its balance: a state is entered
    # as often as it is left, but for the first, which is left once more, and the present one, entered once more.
    "state_is_fold_of_history": Invariant(
        "I5",
        "the state of a row is where its history ends",
        f"""WITH e AS ({_ENTRIES}), balance AS (
                SELECT type, axis, id, state, sum(n) AS n FROM (
                    SELECT type, axis, id, became AS state, 1 AS n FROM e UNION ALL
                    SELECT type, axis, id, was, -1 FROM e) x GROUP BY 1, 2, 3, 4)
            SELECT p.type || ' ' || p.id AS subject, p.axis || ' is ' || p.state || ', history ends at ' || b.state AS detail
            FROM ({_present()}) p JOIN balance b ON b.type = p.type AND b.axis = p.axis AND b.id = p.id
            WHERE b.n > 0 AND b.state <> p.state OR b.n < 0 AND b.state = p.state""",
    ),
    "no_message_unsent": Invariant(
        "I9",
        "a message that waits has a step that sends it",
        """SELECT m.key AS subject, m.template AS detail FROM message m
           WHERE m.status = 'waiting' AND NOT EXISTS (SELECT 1 FROM step s WHERE s.kind = 'tell' AND s.subject_id = m.id
                                                      AND s.state IN ('open', 'claimed', 'paused', 'parked'))""",
    ),
    "no_channel_untold": Invariant(
        "I9",
        "a channel hears of every collected parcel",
        """SELECT p.number AS subject, 'collected ' || p.collected_at AS detail FROM parcel p
           WHERE p.collected_at IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM step s WHERE s.kind = 'tell_channel' AND s.subject_id = p.id)""",
    ),
    "no_lease_forgotten": Invariant(
        "I10",
        "a claim whose lease ran out is taken up within ten seconds",
        """SELECT id AS subject, kind || ' since ' || lease_until AS detail FROM step
           WHERE state = 'claimed' AND lease_until < clock_timestamp() - interval '10 s'""",
    ),
    "steps_say_what_they_are": Invariant(
        "I10",
        "a step that ended has its end and outcome, one that did not has neither; each stage of a thing is one step",
        """SELECT id AS subject, kind || ' ' || state AS detail FROM step
           WHERE (state = 'done' AND (finished_at IS NULL OR outcome IS NULL OR finished_by IS NULL))
              OR (state IN ('open', 'claimed', 'paused', 'parked') AND finished_at IS NOT NULL)
           UNION ALL
           SELECT min(CAST(id AS text))::uuid, kind || ' ' || key || ': ' || count(*) || ' steps' FROM step
           GROUP BY kind, key HAVING count(*) > 1""",
    ),
    "pauses_have_their_evidence": Invariant(
        "I10",
        "a paused step has an open pause, and only a paused one has",
        """SELECT s.id AS subject, s.kind || ' ' || s.state AS detail FROM step s
           WHERE s.state IN ('open', 'claimed', 'paused') AND (s.state = 'paused') <> EXISTS (
               SELECT 1 FROM step_pause p WHERE p.step_id = s.id AND p.ended_at IS NULL)""",
    ),
    "seals_are_whole": Invariant(
        "I11",
        "the seals run from one to the head without a gap, each on an entry (`oms verify-history` checks the hashes)",
        """SELECT 'seals' AS subject, count(*) || ' seals, head ' || coalesce((SELECT seq FROM seal_head WHERE id = 1), 0) AS detail
           FROM seal s LEFT JOIN history_entry h ON h.id = s.entry_id
           HAVING count(*) <> coalesce((SELECT seq FROM seal_head WHERE id = 1), 0) OR coalesce(max(s.seq), 0) <> count(*)
               OR count(h.id) <> count(*)""",
    ),
}
