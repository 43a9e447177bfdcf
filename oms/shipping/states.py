"""States of a label, of the carrier's tracking, and of a hand-over list."""

from oms.journey.states import machine

#: A void label may be followed by another under a new reference, when its parcel still has to leave.
LABEL = machine(
    "none",
    none="purchased unknown refused",
    unknown="purchased refused none",
    refused="none purchased",
    purchased="used void_requested",
    void_requested="voided purchased",
    voided="none",
    used="",
)

_ALL = (
    "collected in_transit out_for_delivery available_for_pickup delivered delayed failed return_to_sender lost damaged"
)

#: Carriers report in any order and correct themselves; only "delivered" and "lost" say the last word of a walk.
TRACKING = machine(
    "pre_transit",
    pre_transit=_ALL,
    collected=_ALL.replace("collected ", ""),
    in_transit="out_for_delivery available_for_pickup delivered delayed failed return_to_sender lost damaged",
    out_for_delivery="in_transit available_for_pickup delivered delayed failed return_to_sender lost damaged",
    available_for_pickup="in_transit out_for_delivery delivered delayed failed return_to_sender lost damaged",
    delayed="in_transit out_for_delivery available_for_pickup delivered failed return_to_sender lost damaged",
    failed="in_transit out_for_delivery available_for_pickup delivered delayed return_to_sender lost damaged",
    return_to_sender="delivered lost damaged",
    damaged="delivered return_to_sender lost",
    lost="in_transit delivered return_to_sender",
    delivered="",
)

HAND_OVER_LIST = machine(
    "open", open="signed_by_us handed_over cancelled", signed_by_us="handed_over open", handed_over="", cancelled=""
)
