"""States of tickets, returns and refunds."""

from oms.journey.states import machine

TICKET = machine(
    "new",
    new="open",
    open="waiting_customer waiting_third_party resolved closed",
    waiting_customer="open closed",
    waiting_third_party="open closed",
    resolved="closed reopened",
    closed="reopened",
    reopened="open closed",
)
RETURN = machine(
    "requested",
    requested="approved declined cancelled",
    approved="in_transit received expired cancelled",
    in_transit="received expired",
    received="inspected",
    inspected="settled closed",
    settled="closed",
    closed="",
    declined="",
    cancelled="",
    expired="received",
)
REFUND = machine("pending", pending="succeeded failed refused", failed="pending", succeeded="", refused="")
