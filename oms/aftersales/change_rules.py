"""What a wish to change or cancel may do at which stage of an order (C-4, C-5). Pure.

Before release everything follows the wish; between release and hand-over the work is stopped first, and a
change needs the order manager; after hand-over nothing can be changed any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """How far an order is, as far as a change is concerned."""

    ENDED = "ended"
    BEFORE = "before_release"
    FLOOR = "on_the_floor"
    GONE = "handed_over"


class Area(StrEnum):
    """The parts of an order that a wish touches."""

    PAYMENT = "payment"
    PAYMENT_LOST = "payment_lost"
    PAPERS = "papers"
    ADDRESS = "address"
    MESSAGE = "message"
    DATES = "dates"
    GOODS = "goods"


class Action(StrEnum):
    """What is done with a request."""

    SUPERSEDE = "supersede"
    PAYMENT = "payment"
    IN_PLACE = "in_place"
    RESTART = "restart"
    CANCEL = "cancel"
    CANCEL_REST = "cancel_rest"
    STOP = "stop"
    ASK = "ask"
    DECLINE = "decline"
    REVIVE = "revive"


@dataclass(frozen=True, slots=True)
class Wish:
    """One request: `areas` are what it changes; `to_mend` when its content has faults that hold an order.

    `empties`: it names none of the goods that stand, such as a mail that speaks of an order and repeats nothing of it.
    `again`: a cancellation whose channel had cancelled the order before. `paid_back`: it says that all of the payment is.
    """

    kind: str
    approved: bool
    superseded: bool = False
    areas: frozenset[Area] = frozenset()
    to_mend: bool = False
    country_changes: bool = False
    empties: bool = False
    again: bool = False
    paid_back: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the order stands: its status, its live fulfilments' states, whether one was packed.

    `rest`: pieces are still to leave that are in no parcel of a fulfilment of which one has left.
    """

    status: str
    fulfilments: frozenset[str] = frozenset()
    packed: bool = False
    rest: bool = False


NOTHING = Decimal(0)
ENDED = frozenset({"cancelled", "rejected"})
_ENDED = "the order has ended already"
LEFT_THE_HOUSE = frozenset({"handed_over", "collected", "delivered"})
#: What may be changed while the goods are being picked: it touches neither the goods nor the price.
IN_PLACE = frozenset({Area.PAPERS, Area.ADDRESS})
#: What never touches the goods: a fact at any time.
MONEY = frozenset({Area.PAYMENT, Area.PAYMENT_LOST})
_MONEY_BACK = frozenset({"voided", "failed", "refunded"})
_MONEY_HERE = frozenset({"authorized", "partially_paid", "paid", "overpaid"})

_PAPERS = frozenset({"contact", "bill_to", "invoice", "seller_memo"})
_DATES = frozenset({"requested_ship_by", "requested_deliver_by", "requested_service"})
_GOODS = frozenset(
    {"currency", "lines_total", "discount", "shipping", "fees", "tax", "tax_included", "total", "payment_terms"}
)
_AREA_OF: dict[str, Area] = {
    "paid": Area.PAYMENT,
    "ship_to": Area.ADDRESS,
    "buyer_message": Area.MESSAGE,
    **dict.fromkeys(_PAPERS, Area.PAPERS),
    **dict.fromkeys(_DATES, Area.DATES),
    **dict.fromkeys(_GOODS, Area.GOODS),
}


def stage_of(standing: Standing) -> Stage:
    """The stage of an order; one parcel that left the house is enough."""
    if standing.status in ENDED:
        return Stage.ENDED
    if standing.status in ("fulfilled", "closed") or standing.fulfilments & LEFT_THE_HOUSE:
        return Stage.GONE
    return Stage.FLOOR if standing.fulfilments else Stage.BEFORE


def changed_columns(was: Mapping[str, Any], became: Mapping[str, Any]) -> frozenset[str]:
    """The columns of the order that differ and matter."""
    return frozenset(name for name in _AREA_OF if was.get(name) != became.get(name))


def areas(columns: Set[str], *, payment_was: str, payment_became: str, lines_differ: bool) -> frozenset[Area]:
    """The areas of a wish from the columns that differ, the payment's states and the lines."""
    found = {_AREA_OF[name] for name in columns}
    if payment_was != payment_became:
        found.add(Area.PAYMENT)
    if payment_was in _MONEY_HERE and payment_became in _MONEY_BACK:
        found.add(Area.PAYMENT_LOST)
    if lines_differ:
        found.add(Area.GOODS)
    return frozenset(found)


def class_of(found: frozenset[Area]) -> int:
    """1 small, 2 moves the plan's date, 3 changes goods or price (C-4)."""
    if Area.GOODS in found:
        return 3
    return 2 if found & {Area.DATES, Area.ADDRESS} else 1


def decide(wish: Wish, standing: Standing) -> tuple[Action, str]:
    """What to do with a request, and why in a word for the record."""
    stage = stage_of(standing)
    if wish.superseded:
        return Action.SUPERSEDE, "a later request replaced it"
    if wish.kind == "cancellation":
        return _cancellation(wish, standing, stage)
    if wish.kind == "revival" and wish.paid_back:
        return _money_alone(wish, "its payment went back: nothing goes on")
    if wish.kind == "revival":
        return Action.REVIVE, "the order is over: a person enters it again or has the money paid back"
    # What holds the order is to be seen before goods leave, though only its payment moves: a part was given back, it was stopped.
    if (wish.areas <= {Area.PAYMENT} and not wish.to_mend) or (
        stage in (Stage.GONE, Stage.ENDED) and Area.GOODS not in wish.areas
    ):
        return _small(wish, stage)
    return _update(wish, standing, stage)


def _cancellation(wish: Wish, standing: Standing, stage: Stage) -> tuple[Action, str]:
    if wish.again:
        return _money_alone(wish, "its channel had cancelled it already")
    if stage is Stage.GONE and standing.rest:
        return Action.CANCEL_REST, "a part has been handed over: the rest is cancelled"
    if stage is Stage.ENDED or standing.status == "expired":
        return _money_alone(wish, _ENDED)
    return _CANCELLATION[stage]


def _money_alone(wish: Wish, why: str) -> tuple[Action, str]:
    """Where nothing is left to change the money still moves: what the shop gave back since must not go back twice."""
    return (Action.PAYMENT, "payment only") if Area.PAYMENT in wish.areas else (Action.SUPERSEDE, why)


_CANCELLATION: dict[Stage, tuple[Action, str]] = {
    Stage.BEFORE: (Action.CANCEL, "before release"),
    Stage.FLOOR: (Action.STOP, "stopped on the floor"),
    Stage.GONE: (Action.DECLINE, "the goods have been handed over to the carrier"),
}


def _small(wish: Wish, stage: Stage) -> tuple[Action, str]:
    """What never touches the goods: payment at any time; papers of an order that has left or ended."""
    if wish.areas <= MONEY:
        return Action.PAYMENT, "payment only"
    if stage is Stage.ENDED:
        return _money_alone(wish, _ENDED)
    if wish.areas <= {Area.PAYMENT, Area.PAPERS}:
        return Action.IN_PLACE, "papers only"
    return Action.DECLINE, "the goods have been handed over to the carrier"


def _update(wish: Wish, standing: Standing, stage: Stage) -> tuple[Action, str]:
    if stage is Stage.ENDED:
        return _money_alone(wish, _ENDED)
    if stage is Stage.GONE:
        return Action.DECLINE, "the goods have been handed over to the carrier"
    if wish.empties and not wish.approved:
        return Action.ASK, "it names no goods: the order manager decides"
    if stage is Stage.BEFORE:
        return _before(wish, standing)
    if "putback" in standing.fulfilments:
        return Action.STOP, "stopped already"
    in_place = wish.areas <= IN_PLACE | {Area.PAYMENT} and not (standing.packed or wish.to_mend or wish.country_changes)
    if in_place:
        return Action.IN_PLACE, "not packed yet"
    return (Action.STOP, "approved") if wish.approved else (Action.ASK, "work has begun: the order manager decides")


def _before(wish: Wish, standing: Standing) -> tuple[Action, str]:
    """A confirmed order that waits for its goods keeps its promise when only its papers change (C-4: the plan's date stands)."""
    papers = wish.areas <= {Area.PAPERS, Area.PAYMENT} and not wish.to_mend
    if standing.status == "confirmed" and papers:
        return Action.IN_PLACE, "papers only"
    return Action.RESTART, "before release"


#: Outcomes of the promise steps of a cancelled order (requirements, KPI formulas: whose fault it was).
BY_CUSTOMER, FOR_SHORTAGE, FOR_LATENESS = "cancelled_by_customer", "cancelled_for_shortage", "cancelled_for_lateness"


def fault_of(*, in_effect: bool, backordered: Decimal, promised_ship_at: datetime | None, now: datetime) -> str:
    """Why an order left the line: for our shortage or lateness once it was in effect (C-2), else the customer's wish."""
    if in_effect and backordered > 0:
        return FOR_SHORTAGE
    if in_effect and promised_ship_at is not None and promised_ship_at < now:
        return FOR_LATENESS
    return BY_CUSTOMER
