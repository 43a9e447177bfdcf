"""Walks: each state is where the history of its row ends, by moves that its machine allows (I5)."""

from __future__ import annotations

from collections.abc import Iterator

from oms.aftersales.models import Refund, Return, Ticket
from oms.db import Base
from oms.fulfilment.models import Fulfilment, Wave
from oms.intake.models import InboundMessage
from oms.invariants.table import Invariant
from oms.journey.states import Machine
from oms.messages.models import Message
from oms.orders.models import ChangeRequest, Order
from oms.shipping.models import HandOverList, Parcel
from oms.supply.models import SupplyRequest

#: The rows whose every status change is history; their machines say which moves are allowed.
FOLDED: tuple[type[Base], ...] = (
    Order,
    ChangeRequest,
    Fulfilment,
    Wave,
    Parcel,
    HandOverList,
    InboundMessage,
    Message,
    Return,
    Refund,
    Ticket,
    SupplyRequest,
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
    """Every row on every axis: where its machine starts, and its present state."""
    return " UNION ALL ".join(
        f"SELECT '{_subject(table)}' AS type, '{axis}' AS axis, id, '{machine.start}' AS start, {axis} AS state FROM {table}"
        for table, axis, machine in _axes()
    )


_ENTRIES = """
    SELECT h.subject_type AS type, split_part(h.event, '.', 1) AS axis, h.subject_id AS id, h.was, h.became, h.id AS entry
    FROM history_entry h WHERE h.was IS NOT NULL AND h.became IS NOT NULL
"""

# Who does not begin where the machine starts says so in the first entry: an order that its shop had cancelled before
# we heard of it, its payment as the shop told it, a fulfilment, a message set apart because its id was used before.
_BORN = """
    SELECT h.subject_type AS type, 'status' AS axis, h.subject_id AS id, h.became AS state FROM history_entry h
    WHERE h.was IS NULL AND (h.subject_type, h.event, h.became) IN (
        VALUES ('order', 'order.cancelled', 'cancelled'), ('fulfilment', 'fulfilment.released', 'released'),
               ('inbound_message', 'status.quarantined', 'quarantined'))
    UNION ALL
    SELECT 'order', 'payment_status', subject_id, data->>'payment' FROM history_entry
    WHERE subject_type = 'order' AND event IN ('order.ordered', 'order.cancelled') AND data->>'payment' IS NOT NULL
"""

WALKS: dict[str, Invariant] = {
    "every_move_is_allowed": Invariant(
        "I5",
        "each status change is a move that its machine allows",
        f"""SELECT e.entry AS subject, e.type || '.' || e.axis || ': ' || e.was || ' -> ' || e.became AS detail
            FROM ({_ENTRIES}) e
            WHERE (e.type, e.axis) IN (SELECT a.type, a.axis FROM (VALUES {_moves()}) AS a(type, axis, was, became))
              AND (e.type, e.axis, e.was, e.became) NOT IN (VALUES {_moves()})""",
    ),
    # Entries of two processes need not stand in order, so the walk is judged by its balance: each state is entered, or
    # begun in, as often as it is left, or stood in now. A row without any entry must stand where it began.
    "state_is_fold_of_history": Invariant(
        "I5",
        "the state of a row is where its history, from its beginning on, ends",
        f"""WITH e AS ({_ENTRIES}), p AS ({_present()}),
                 own AS (SELECT p.type, p.axis, p.id, p.state, coalesce(b.state, p.start) AS start
                         FROM p LEFT JOIN ({_BORN}) b ON b.type = p.type AND b.axis = p.axis AND b.id = p.id),
                 balance AS (
                     SELECT type, axis, id, state, sum(n) AS n FROM (
                         SELECT type, axis, id, became AS state, 1 AS n FROM e
                         UNION ALL SELECT type, axis, id, was, -1 FROM e
                         UNION ALL SELECT type, axis, id, start, 1 FROM own WHERE start <> state
                         UNION ALL SELECT type, axis, id, state, -1 FROM own WHERE start <> state) x
                     GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0)
            SELECT p.type || ' ' || p.id AS subject,
                   p.axis || ' is ' || p.state || '; ' || b.state || ' was entered and left ' || b.n || ' times apart' AS detail
            FROM balance b JOIN p ON p.type = b.type AND p.axis = b.axis AND p.id = b.id""",
    ),
}
