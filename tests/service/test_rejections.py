"""An order that is refused for good gives back what was paid."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import refunds, rejections, tickets
from oms.aftersales.models import Refund, Ticket
from oms.aftersales.refunds import NewRefund
from oms.aftersales.tickets import NewTicket
from oms.invariants.check import check
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.verification.decisions import Decision
from tests.factories.orders import make_order


@pytest.mark.parametrize("sums", [{}, {"paid": None}, {"paid": None, "total": None}])
def test_refusing_a_paid_order_for_good_opens_its_refund(
    session: Session, business_now: datetime, sums: dict[str, None]
) -> None:
    order = make_order(session, status="verifying", **sums)
    steps.open_steps(session, [NewStep("final_review", order.id, order_id=order.id)], now=business_now)
    step = session.query(Step).filter_by(kind="final_review").one()
    first = refunds.ask(
        session, new=NewRefund("k", order.id, Decimal(4), "difference"), actor="staff:service", now=business_now
    )
    asked = NewTicket("question", "where is it?", "I wait", order.id)
    [ticket_id] = tickets.open_tickets(session, new=[asked], actor="staff:desk", now=business_now)
    outcome = rejections.decide(
        session,
        step_id=step.id,
        token=step.token,
        decision=Decision("reject", "we may not sell this there", {}, False),
        actor="staff:gm",
        roles=["general_manager"],
        now=business_now,
    )
    amounts = [r.amount for r in session.query(Refund).filter_by(status="pending").order_by(Refund.amount)]
    assert (outcome, amounts) == ("rejected", [4, order.lines_total - 4])
    assert check(session, names=["refunded_at_most_what_was_paid"]) == []
    assert [step.state for step in session.query(Step).filter_by(kind="refund")] == ["open", "open"]
    refunds.pay_out(session, refund_id=first, actor="staff:finance", now=business_now)
    tickets.pass_on(session, ticket_id=ticket_id, owner_id=None, actor="staff:desk", now=business_now)
    assert session.query(Step).filter_by(kind="ticket_contact", state="open").count() == 1


@pytest.mark.parametrize(("qty", "asked"), [("1", 1), ("3", 0)])
def test_of_what_a_correction_leaves_too_much_of_the_payment_a_person_is_asked(
    session: Session, business_now: datetime, qty: str, asked: int
) -> None:
    order = make_order(session, status="verifying", lines=[{"qty": Decimal(2)}])
    steps.open_steps(session, [NewStep("final_review", order.id, order_id=order.id)], now=business_now)
    step = session.query(Step).filter_by(kind="final_review").one()
    outcome = rejections.decide(
        session, step_id=step.id, token=step.token, actor="staff:boss", roles=["order_manager"], now=business_now,
        decision=Decision("amend", "she wants one only", {"lines.0.qty": qty}, False),
    )  # fmt: skip
    assert (outcome, session.query(Ticket).count()) == ("amended", asked)
