"""States of a fulfilment, a wave and a pick task."""

from oms.journey.states import machine

FULFILMENT = machine(
    "planned",
    planned="released cancelled",
    released="picking picked short cancelled planned",
    picking="picked short putback",
    short="picked packing putback cancelled",
    picked="packing packed short putback",
    packing="packed picking short putback",
    packed="labelled handed_over putback",
    labelled="handed_over packed putback",
    handed_over="collected delivered",
    collected="delivered",
    delivered="",
    putback="cancelled",
    cancelled="",
)
WAVE = machine(
    "released", released="in_progress completed cancelled", in_progress="completed", completed="", cancelled=""
)
PICK_TASK = machine("pending", pending="picked short cancelled", picked="", short="", cancelled="")
