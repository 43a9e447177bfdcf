"""Orders by mail: whoever wrote one may change it, nobody else, and a mail that says it is paid pays nothing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.intake.models import InboundMessage
from oms.invariants.check import check
from oms.journey import steps
from oms.journey.models import Hold
from oms.orders.models import ChangeRequest, Finding, Order
from oms.parties.models import Channel
from oms.verification import review
from tests.connectors.mails import mail
from tests.factories.orders import make_channel
from tests.factories.verification import again, make_house
from workers.intake import accept

ORDER = """Please supply the following order.

PO Number: PO-4711
Ship to:
Jane Doe
12 Mill Lane
Leeds LS1 1AA
United Kingdom

SKU      Qty   Price
TEA-1    2     10.00
"""
CANCEL = "Please cancel our order PO-4711.\n"


@pytest.fixture
def mailbox(session: Session) -> Channel:
    return make_channel(session, source="email", way="email", settings={"currency": "CNY"})


def _comes(session: Session, mailbox: Channel, raw: bytes, sender: str, event: str, now: datetime) -> str:
    """The mailbox stores a mail with its sender; the outcome of reading it."""
    new = NewMessage(event, "mail", raw, headers={"from": sender}, received_by="mailbox")
    inbox.receive(session, channel_id=mailbox.id, received=[new], now=now)
    claimed = steps.claim(session, kind="accept", limit=10, lease_s=30, worker="test")
    done = accept(session, claimed, now)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return done[0].outcome


def _reasons(session: Session) -> list[str | None]:
    return [row.reason for row in session.query(InboundMessage).filter_by(status="quarantined")]


@pytest.mark.parametrize("text", [CANCEL, ORDER.replace("TEA-1    2", "TEA-1    9")])
def test_a_stranger_neither_cancels_nor_changes_an_order_by_its_number(
    session: Session, mailbox: Channel, business_now: datetime, text: str
) -> None:
    assert _comes(session, mailbox, mail("PO-4711", ORDER), "jane@acme.example", "1", business_now) == "ordered"
    told = _comes(session, mailbox, mail("PO-4711", text), "eve@evil.example", "2", business_now)
    assert told == "quarantined"
    assert "came from another address" in str(_reasons(session)[0])
    assert (session.query(ChangeRequest).count(), session.query(Hold).count()) == (0, 0)
    assert session.query(Order).one().channel_cancelled is False
    assert check(session, names=["a_message_says_what_it_became", "a_repeat_changes_nothing"]) == []


def test_whoever_wrote_an_order_cancels_it_by_mail(session: Session, mailbox: Channel, business_now: datetime) -> None:
    _comes(session, mailbox, mail("PO-4711", ORDER), "jane@acme.example", "1", business_now)
    assert _comes(session, mailbox, mail("PO-4711", CANCEL), "Jane@ACME.example", "2", business_now) == "updated"
    assert session.query(ChangeRequest).one().kind == "cancellation"


@pytest.mark.parametrize(("trusted", "state"), [(False, ("none", None)), (True, ("paid", Decimal(20)))])
def test_a_mail_that_says_it_is_paid_waits_for_somebody_who_has_seen_the_money(
    session: Session, mailbox: Channel, business_now: datetime, trusted: bool, state: tuple[str, Decimal | None]
) -> None:
    make_house(session, code="TEA-1")
    mailbox.settings = {**mailbox.settings, "trusts_payment": trusted}
    paid = f"{ORDER}\nTotal: 20.00\nPaid: 20.00\nPayment status: Paid\n"
    assert _comes(session, mailbox, mail("PO-4711", paid), "jane@acme.example", "1", business_now) == "ordered"
    order = session.query(Order).one()
    assert (order.payment_status, order.paid) == state
    again(session, "verify", review.verify, business_now)
    found = session.query(Finding).filter_by(rule="payment_claimed").all()
    assert [(one.owner, one.severity) for one in found] == ([] if trusted else [("finance", "hold")])
    assert check(session, names=["state_is_fold_of_history"]) == []


@pytest.mark.parametrize(("own", "held"), [("CNY", True), ("USD", False)])
def test_a_mail_priced_in_dollars_is_not_taken_in_the_channels_own_currency(
    session: Session, business_now: datetime, own: str, held: bool
) -> None:
    make_house(session, code="TEA-1")
    mailbox = make_channel(session, source="email", way="email", currency=own)
    _comes(session, mailbox, mail("PO-4711", ORDER.replace("10.00", "$10.00")), "jane@acme.example", "1", business_now)
    again(session, "verify", review.verify, business_now)
    found = session.query(Finding).filter(Finding.field.in_(("currency", "lines.0.unit_price"))).all()
    rules = {(one.rule, one.severity) for one in found}
    assert rules == ({("currency_missing", "hold")} if held else {("price_in_other_currency", "hold")})


@pytest.mark.parametrize(
    "wish",
    ["Please change our order PO-4711: we no longer need it before June.\n", ORDER.replace("TEA-1    2", "TEA-1    9")],
    ids=["no goods", "other goods"],
)
def test_whoever_wrote_an_order_has_it_changed_by_mail(
    session: Session, mailbox: Channel, business_now: datetime, wish: str
) -> None:
    _comes(session, mailbox, mail("PO-4711", ORDER), "jane@acme.example", "1", business_now)
    changed = mail("Change of order PO-4711", f"Please change our order PO-4711.\n{wish}")
    assert _comes(session, mailbox, changed, "jane@acme.example", "2", business_now) == "updated"
    assert session.query(ChangeRequest).one().kind == "update"
    assert session.query(Hold).filter_by(reason="version_conflict").count() == 0
