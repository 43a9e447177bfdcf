"""THE table of the business day: who orders what on which channel, what else happens, and how it has to end."""

from __future__ import annotations

from dataclasses import dataclass, field

#: How an order ends: (status, fulfilment, return)
CLOSED = ("closed", "delivered", "none")
CANCELLED = ("cancelled", "cancelled", "none")
RETURNED = ("closed", "delivered", "partially_returned")


#: Parcels of the day: one an order, two where a carton is too small.
LABELS = 29

#: template -> how many mails customers get by it. What is sent once is sent once, whatever was killed meanwhile.
MAILS = {
    "signature_request": 6,
    "progress": 6,
    "confirmation": 23,
    "cancelled": 1,
    "backordered": 1,
    "collected": 29,
    "out_for_delivery": 29,
    "delivered": 29,
    "closed": 28,
    "return_approved": 1,
    "refunded": 1,
    "ticket_opened": 1,
    "ticket_answered": 1,
    "survey": 1,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One order. `how`: the shape of the message. `then`: what happens to it on the way. `wanted` None: never an order."""

    key: str
    channel: str
    customer: str
    goods: tuple[tuple[str, int], ...]
    how: str = "webhook"
    then: tuple[str, ...] = ()
    wanted: tuple[str, str, str] | None = CLOSED
    extra: dict[str, str] = field(default_factory=dict)


_LJ, _PE, _TGY, _BH = "TEA-LJ-100", "TEA-PE-357", "TEA-TGY-250", "TEA-BH-050"
_CUP, _POT, _TRAY, _STR = "CUP-CEL-01", "POT-YX-200", "TRAY-BAM-40", "STR-SS-01"
_CADDY, _KETTLE, _SCOOP, _SET = "CADDY-TIN-S", "KETTLE-1L", "SCOOP-WD-01", "SET-GIFT-01"

CASES: tuple[Case, ...] = (
    # web shops: posted, posted twice, dropped and found by the poll, older version late, cancelled, changed, test
    Case("s1", "web-shopify", "anna", ((_LJ, 2), (_CUP, 1))),
    Case("s2", "web-shopify", "paul", ((_TGY, 1),), how="duplicate"),
    Case("s3", "web-shopify", "emma", ((_POT, 1), (_STR, 1)), how="drop"),
    Case("s4", "web-shopify", "luca", ((_PE, 1),), how="stale"),
    Case("s5", "web-shopify", "anna", ((_BH, 1),), then=("cancel",), wanted=CANCELLED),
    Case("s6", "web-shopify", "paul", ((_CUP, 4),), how="test", wanted=None),
    Case("w1", "web-woo", "emma", ((_LJ, 1), (_PE, 1))),
    Case("w2", "web-woo", "luca", ((_KETTLE, 1),), how="duplicate"),
    Case("w3", "web-woo", "anna", ((_CADDY, 2),)),
    Case("w4", "web-woo", "paul", ((_STR, 3), (_CUP, 2)), then=("return",), wanted=RETURNED),
    Case("o1", "web-own", "li", ((_SET, 1),)),
    Case("o2", "web-own", "han", ((_TRAY, 1), (_TGY, 2))),
    Case("o3", "web-own", "zhou", ((_LJ, 3),), then=("message",)),
    Case("o4", "web-own", "wu", ((_CUP, 2), (_STR, 1), (_BH, 1)), then=("ticket",)),
    Case("o5", "web-own", "li", ((_SCOOP, 20),), then=("supply",)),
    Case("o6", "web-own", "han", ((_PE, 2),), how="drop"),
    # e-mail: plain English, Chinese table, spreadsheet, unsure and read by a person; spam and auto-reply never
    Case("m1", "mail", "emma", ((_LJ, 5), (_CUP, 6)), how="plain"),
    Case("m2", "mail", "wu", ((_TGY, 4),), how="html"),
    Case("m3", "mail", "li", ((_PE, 3), (_STR, 2)), how="xlsx"),
    Case("m4", "mail", "zhou", ((_BH, 1),), how="spam", wanted=None),
    Case("m5", "mail", "han", ((_BH, 1),), how="auto_reply", wanted=None),
    # spoken orders: in writing to the customer at once, in effect when signed
    Case("p1", "phone", "li", ((_POT, 1), (_LJ, 1)), how="entry", then=("sign",)),
    Case("p2", "phone", "han", ((_CADDY, 1),), how="entry", then=("sign",)),
    Case("i1", "wechat", "zhou", ((_TGY, 2), (_CUP, 2)), how="paste", then=("sign",)),
    Case("v1", "visit", "wu", ((_TRAY, 1),), how="entry", then=("sign",)),
    Case("f1", "fax", "emma", ((_PE, 1),), how="entry", then=("sign",)),
    Case("r1", "sales-rep", "li", ((_KETTLE, 2),), how="entry", then=("sign",)),
    # distributors: JSON, CSV, a workbook, and a file of which only the good rows are asked for
    Case("d1", "dealer-json", "harbour", ((_LJ, 20), (_CUP, 20)), how="json"),
    Case("d2", "dealer-json", "harbour", ((_TGY, 10),), how="json"),
    Case("d3", "dealer-sheet", "huanan", ((_PE, 12), (_STR, 24)), how="csv"),
    Case("d4", "dealer-sheet", "huanan", ((_LJ, 15),), how="xlsx"),
    Case("d5", "dealer-sheet", "huanan", ((_CUP, 10),), how="csv_bad_row"),
)
