"""The order's axes: status, payment, confirmation, fulfilment (derived), return (derived)."""

from oms.journey.states import machine

#: received -> verifying (held for a person) -> awaiting_confirmation (signature, payment) -> confirmed (in effect, C-2)
ORDER = machine(
    "received",
    received="verifying awaiting_confirmation confirmed cancelled rejected",
    verifying="received awaiting_confirmation confirmed cancelled rejected",
    awaiting_confirmation="received verifying confirmed cancelled expired rejected",
    confirmed="received verifying in_fulfilment fulfilled cancelled",
    in_fulfilment="confirmed fulfilled cancelled",
    fulfilled="closed",
    closed="",
    cancelled="",
    rejected="",
    expired="received",
)

#: Contract and payment stand (C-2): goods may be promised and go to the floor (F-1).
IN_EFFECT = frozenset({"confirmed", "in_fulfilment"})

CONFIRMATION = machine(
    "not_given",
    not_given="not_required requested",
    not_required="requested",
    requested="accepted declined expired waived requested",
    declined="requested waived",
    expired="requested waived",
    accepted="requested",
    waived="requested",
)


#: Payments are told by others, in any order. From a state of money given back only new money leads on (`undoes`).
PAYMENT = machine(
    "none",
    none="pending authorized partially_paid paid overpaid voided failed partially_refunded refunded",
    pending="authorized partially_paid paid overpaid voided failed partially_refunded refunded",
    authorized="pending partially_paid paid overpaid voided failed partially_refunded refunded",
    partially_paid="authorized paid overpaid partially_refunded refunded voided",
    paid="overpaid partially_paid partially_refunded refunded voided",
    overpaid="paid partially_paid partially_refunded refunded",
    partially_refunded="refunded paid overpaid",
    refunded="partially_refunded paid overpaid",
    voided="pending authorized partially_paid paid overpaid",
    failed="pending authorized partially_paid paid overpaid",
)
#: Money went back: a part, then all of it.
GIVEN_BACK = ("partially_refunded", "refunded")


def undoes(was: str, told: str) -> bool:
    """Whether a payment state that is told by others takes back that money was given back: it tells of an earlier time."""
    return was in GIVEN_BACK and told not in GIVEN_BACK[GIVEN_BACK.index(was) :]


FULFILMENT_STATES = (
    "unfulfilled",
    "backordered",
    "scheduled",
    "partially_shipped",
    "shipped",
    "partially_delivered",
    "delivered",
    "not_required",
    "cancelled",
)
RETURN_STATES = ("none", "requested", "partially_returned", "returned")

#: A wish to change or cancel an order (C-4, C-5).
CHANGE = machine(
    "requested",
    requested="approved applied declined superseded",
    approved="applied declined superseded",
    applied="",
    declined="",
    superseded="",
)
