"""States of an inbound message."""

from oms.journey.states import machine

INBOUND = machine(
    "received",
    received="accepted quarantined superseded duplicate not_an_order",
    quarantined="received accepted",
    accepted="",
    superseded="",
    duplicate="",
    not_an_order="received",
)
