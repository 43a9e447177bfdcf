"""THE table of an order's life: step kind -> performer, queue, clock, batch size, what follows each outcome.

Handlers are bound to kinds in `workers/`; this file names kinds and imports nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

INSIDE, OUTSIDE, REPORTS = "inside", "outside", "reports"
QUEUES = (INSIDE, OUTSIDE, REPORTS)
SYSTEM, CUSTOMER, CARRIER, SUPPLIER = "system", "customer", "carrier", "supplier"


@dataclass(frozen=True, slots=True)
class StepKind:
    """`clock` names a row of `clocks.CLOCKS`; `follows` maps each outcome to the kinds it may open."""

    performer: str
    subject: str
    clock: str
    queue: str | None = None
    batch: int = 1
    follows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Steps of these kinds go on while a hold stands: they resolve it, or someone outside performs them.
    runs_on_hold: bool = False
    #: A worker goes on with this kind in the same transaction when it follows for the same order and nothing holds it.
    at_once: str | None = None


#: What becomes of a parcel that never arrives; what the customer did counts against nobody (`kpi.CUSTOMERS_DOING`).
UNDELIVERED_BY_THE_CUSTOMER = ("refused", "wrong_address")
UNDELIVERED = ("lost", "damaged", "sent_back", *UNDELIVERED_BY_THE_CUSTOMER)
#: What travels back to us: who signs for it at the end is our own house.
COMES_BACK = ("sent_back", "refused")
_ASTRAY: dict[str, tuple[str, ...]] = dict.fromkeys(UNDELIVERED, ("tell", "tell_channel", "close"))

FLOW: dict[str, StepKind] = {
    # intake
    "accept": StepKind(
        SYSTEM,
        "inbound_message",
        "entry_machine",
        INSIDE,
        200,
        {
            "ordered": ("verify", "apply_change", "reread"),
            "updated": ("apply_change", "reread"),
            "conflict": ("reread",),
            "duplicate": (),
            "superseded": (),
            "quarantined": (),
            "not_an_order": (),
        },
    ),
    "enter": StepKind("order_specialist", "order", "entry", follows={"entered": ()}, runs_on_hold=True),
    "reread": StepKind(SYSTEM, "order", "call", OUTSIDE, 4, {"reread": (), "gone": ()}, runs_on_hold=True),
    "poll": StepKind(SYSTEM, "channel", "call", OUTSIDE, 4, {"polled": (), "failed": ()}),
    "apply_change": StepKind(
        SYSTEM,
        "change_request",
        "change_reaction",
        INSIDE,
        100,
        {
            "applied": ("verify", "put_back", "void_label", "refund", "tell"),
            "approval": ("decide_change",),
            "declined": ("tell",),
            "superseded": (),
        },
        runs_on_hold=True,
    ),
    "decide_change": StepKind(
        "order_manager",
        "change_request",
        "change_reaction",
        follows={"approved": ("apply_change",), "declined": ()},
        runs_on_hold=True,
    ),
    # verification and confirmation
    "verify": StepKind(
        SYSTEM,
        "order",
        "verification",
        INSIDE,
        200,
        {"passed": ("confirm",), "held": ("review", "final_review", "finance_review")},
        at_once="confirm",
    ),
    "review": StepKind(
        "order_specialist",
        "order",
        "held_order",
        follows={
            "approved": ("confirm",),
            "amended": ("verify",),
            "escalated": ("final_review",),
            "rejected": ("tell",),
        },
        runs_on_hold=True,
    ),
    "final_review": StepKind(
        "order_manager",
        "order",
        "held_order",
        follows={"approved": ("confirm",), "amended": ("verify",), "returned": ("review",), "rejected": ("tell",)},
        runs_on_hold=True,
    ),
    "finance_review": StepKind(
        "finance",
        "order",
        "held_order",
        follows={"approved": ("confirm",), "returned": ("review",), "rejected": ("tell",)},
        runs_on_hold=True,
    ),
    "confirm": StepKind(
        SYSTEM,
        "order",
        "release",
        INSIDE,
        200,
        {
            "effective": ("allocate", "collect", "deliver", "tell"),
            "signature": ("sign", "tell"),
            "payment": ("pay", "tell"),
            "signature_and_payment": ("sign", "pay", "tell"),
        },
        at_once="allocate",
    ),
    "sign": StepKind(
        CUSTOMER,
        "order",
        "signature",
        follows={
            "signed": ("allocate", "collect", "deliver", "tell"),
            "declined": ("review",),
            "expired": ("review",),
            "waived": ("allocate", "collect", "deliver", "tell"),
        },
        runs_on_hold=True,
    ),
    "pay": StepKind(
        CUSTOMER,
        "order",
        "payment",
        follows={"paid": ("allocate", "collect", "deliver", "tell"), "expired": ("review",)},
        runs_on_hold=True,
    ),
    # allocation and supply
    "allocate": StepKind(
        SYSTEM,
        "order",
        "release",
        INSIDE,
        200,
        {
            "allocated": ("release",),
            "short": ("supply", "tell"),
            "partly": ("release", "supply", "tell"),
            "superseded": (),
        },
        at_once="release",
    ),
    "wake": StepKind(SYSTEM, "sku", "release", INSIDE, 200, {"woken": ("allocate",)}),
    "supply": StepKind("buyer", "supply_request", "plan", follows={"received": (), "withdrawn": ()}),
    "release": StepKind(
        SYSTEM,
        "order",
        "release",
        INSIDE,
        200,
        {"released": ("wave", "collect", "deliver", "pack", "close"), "superseded": ()},
    ),
    # the floor
    "wave": StepKind(SYSTEM, "fulfilment", "release", INSIDE, 200, {"planned": ("pick",)}),
    "pick": StepKind(
        "warehouse",
        "fulfilment",
        "cut_off",
        follows={"picked": ("pack",), "short": ("pack", "short_pick", "collect", "deliver"), "stopped": ("put_back",)},
    ),
    "short_pick": StepKind(SYSTEM, "fulfilment", "release", INSIDE, 100, {"settled": ("allocate",)}),
    "pack": StepKind(
        "warehouse",
        "fulfilment",
        "cut_off",
        follows={
            "packed": ("book",),
            "short": ("short_pick", "collect", "deliver"),
            "returned": ("pick",),
            "stopped": ("put_back",),
        },
    ),
    "put_back": StepKind(
        "warehouse", "fulfilment", "held_order", follows={"put_back": ("apply_change",)}, runs_on_hold=True
    ),
    # the carrier
    "book": StepKind(
        SYSTEM,
        "parcel",
        "cut_off",
        OUTSIDE,
        4,
        {"booked": ("hand_over",), "refused": ("mend_booking",), "stopped": ("put_back", "book")},
    ),
    "mend_booking": StepKind(
        "shipping_clerk", "parcel", "held_order", follows={"mended": ("book",), "stopped": ("put_back",)}
    ),
    "void_label": StepKind(
        SYSTEM,
        "parcel",
        "call",
        OUTSIDE,
        4,
        {"voided": ("mend_booking",), "refused": ("track_case",)},
        runs_on_hold=True,
    ),
    "hand_over": StepKind(
        "shipping_clerk", "parcel", "cut_off", follows={"handed_over": ("pick_up",), "stopped": ("put_back",)}
    ),
    "pick_up": StepKind(
        SYSTEM, "hand_over_list", "call", OUTSIDE, 4, {"told": ("track_case",), "failed": ()}, runs_on_hold=True
    ),
    "collect": StepKind(
        CARRIER,
        "order|fulfilment",
        "promise",
        follows={"collected": ("tell", "tell_channel"), "split": (), "cancelled": (), **_ASTRAY},
        runs_on_hold=True,
    ),
    "deliver": StepKind(
        CARRIER,
        "order|fulfilment",
        "promise",
        follows={"delivered": ("tell", "tell_channel", "close"), "split": (), "cancelled": (), **_ASTRAY},
        runs_on_hold=True,
    ),
    "track": StepKind(SYSTEM, "carrier", "call", OUTSIDE, 4, {"tracked": (), "failed": ()}),
    "track_case": StepKind("shipping_clerk", "parcel", "damage_answer", follows={"settled": ()}, runs_on_hold=True),
    "close": StepKind(SYSTEM, "order", "close", INSIDE, 200, {"closed": ("tell", "rate_service")}, runs_on_hold=True),
    "rate_service": StepKind(CUSTOMER, "order", "survey", follows={"scored": (), "expired": ()}, runs_on_hold=True),
    # telling people
    "tell": StepKind(
        SYSTEM,
        "message",
        "dispatch_notice",
        OUTSIDE,
        4,
        {"sent": (), "no_address": (), "failed": ()},
        runs_on_hold=True,
    ),
    "tell_channel": StepKind(
        SYSTEM, "parcel", "dispatch_notice", OUTSIDE, 4, {"told": (), "not_told": (), "failed": ()}, runs_on_hold=True
    ),
    # after-sales
    "ticket_pass_on": StepKind(
        "order_specialist", "ticket", "ticket_pass_on", follows={"passed": ("ticket_contact",)}, runs_on_hold=True
    ),
    "ticket_contact": StepKind(
        "customer_service", "ticket", "ticket_contact", follows={"contacted": ("ticket_solve",)}, runs_on_hold=True
    ),
    "ticket_solve": StepKind(
        "customer_service", "ticket", "ticket_remedy", follows={"closed": ("rate_ticket",)}, runs_on_hold=True
    ),
    "rate_ticket": StepKind(CUSTOMER, "ticket", "survey", follows={"scored": (), "expired": ()}, runs_on_hold=True),
    "approve_return": StepKind(
        "customer_service",
        "return",
        "ticket_contact",
        follows={"approved": ("receive_return",), "declined": ()},
        runs_on_hold=True,
    ),
    "receive_return": StepKind(
        CUSTOMER,
        "return",
        "return_arrival",
        follows={"received": ("inspect_return",), "expired": ()},
        runs_on_hold=True,
    ),
    "inspect_return": StepKind(
        "quality_inspector", "return", "return_inspection", follows={"inspected": ("refund",)}, runs_on_hold=True
    ),
    "refund": StepKind("finance", "refund", "refund", follows={"paid_out": (), "refused": ()}, runs_on_hold=True),
    # periodic
    "fold_kpi": StepKind(SYSTEM, "period", "report", REPORTS, 1, {"folded": ("fold_kpi",)}),
    "compute_kpi": StepKind(SYSTEM, "period", "report", REPORTS, 1, {"computed": ("compute_kpi",)}),
    "check_invariants": StepKind(SYSTEM, "period", "report", REPORTS, 1, {"sound": (), "violated": ()}),
    "daily_sample": StepKind(SYSTEM, "period", "report", REPORTS, 1, {"sampled": ("sample_review",)}),
    "sample_review": StepKind("order_manager", "order", "held_order", follows={"checked": ()}, runs_on_hold=True),
}


def kinds_of(queue: str) -> tuple[str, ...]:
    """The system kinds that a worker of `queue` drains, in the order of an order's life."""
    return tuple(kind for kind, row in FLOW.items() if row.queue == queue)


def on_hold_kinds() -> tuple[str, ...]:
    return tuple(kind for kind, row in FLOW.items() if row.runs_on_hold)
