"""What went to somebody else is told, though everybody got something and all sums are right."""

from __future__ import annotations

import json
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

from oms.demo.place import ORDERS_ADDRESS
from tests.torture import ledgers, plan, receivers
from tests.torture.plan import CHANGE, ORDER, Shot
from tests.torture.receivers import Sent

LI, HAN = ("李雷", "科苑路15号"), ("韩梅", "天河路385号")
TOLD = {"T-1": {LI}, "T-2": {HAN, ("韩梅", "科技园路99号")}}
WHOSE = {"ref-1": "T-1", "ref-2": "T-2", "ref-3": "another shop's"}


def test_pieces_of_one_order_do_not_stand_for_those_of_another() -> None:
    wanted = {("T-1", "TEA"): 1, ("T-2", "TEA"): 2}
    assert ledgers.pieces(wanted, {("T-1", "TEA"): Decimal(1), ("T-2", "TEA"): Decimal(2)}) == []
    assert ledgers.pieces(wanted, {("T-1", "TEA"): Decimal(2), ("T-2", "TEA"): Decimal(1)}) == [
        "TEA for T-1: 2 pieces left, 1 were ordered and delivered",
        "TEA for T-2: 1 pieces left, 2 were ordered and delivered",
    ]
    assert len(ledgers.pieces({}, {("no order", "TEA"): Decimal(1)})) == 1


def test_a_label_for_another_orders_receiver_is_told() -> None:
    assert receivers.parcels(TOLD, WHOSE, {"ref-1": LI, "ref-2": HAN, "ref-3": LI}) == []
    assert receivers.parcels(TOLD, WHOSE, {"ref-2": ("韩梅", "科技园路99号")}) == []
    mixed = receivers.parcels(TOLD, WHOSE, {"ref-1": HAN, "ref-2": LI})
    assert [words.partition(" is labelled")[0] for words in mixed] == [
        "the parcel ref-1 of T-1",
        "the parcel ref-2 of T-2",
    ]


def test_a_mail_in_another_customers_mailbox_is_told() -> None:
    who, sent = {"T-1": "a@x", "T-2": "b@x"}, {"m-1": Sent("T-1", "closed"), "m-2": Sent("T-2", "closed")}
    assert receivers.mails(who, sent, {"m-1": {"a@x"}, "m-2": {"b@x"}}) == []
    assert len(receivers.mails(who, sent, {"m-1": {"b@x"}, "m-2": {"b@x"}})) == 1
    assert receivers.mails(who, sent, {"m-1": {"a@x", "b@x"}}) == ["the mail m-1 (closed) came to b@x too or instead"]


def test_a_delivered_order_whose_customer_was_never_told_is_told() -> None:
    every = [Sent("T-1", name) for name in ("signature_request", "collected", "delivered", "closed")]
    assert receivers.untold(["T-1"], every) == []
    assert receivers.untold(["T-1"], every[:-1]) == ["order T-1 was delivered and its customer never told: closed"]
    assert len(receivers.untold(["T-1", "T-2"], every)) == 4


def test_what_shops_told_is_read_from_the_traffic_itself() -> None:
    shots = plan.make(1, orders=400, seconds=1)
    orders = [shot for shot in shots if shot.kind == ORDER]
    told, who = receivers.receivers(shots), receivers.customers(shots)
    assert told.keys() == who.keys() == {shot.order_id for shot in orders}
    change = next(shot for shot in shots if shot.kind == CHANGE)
    assert {address[1] for address in told[change.order_id]} > {"科技园路99号"}
    first = json.loads(orders[0].body)
    assert who[orders[0].order_id] == first["customer"]["email"]
    assert (first["ship_to"]["name"], *first["ship_to"]["lines"]) in told[orders[0].order_id]
    assert receivers.receivers([Shot(0.0, "poison", "p", b"{")]) == {}


def test_mails_are_found_in_whose_mailbox_they_lie(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Message-ID"] = "<m-1@oms>"
    for address in ("a@x", ORDERS_ADDRESS):
        folder = tmp_path / "mailbox" / "mail" / address / "new"
        folder.mkdir(parents=True)
        (folder / "1.U1.M1").write_bytes(bytes(mail))
    assert receivers.mailboxes(tmp_path) == {"m-1@oms": {"a@x"}}
