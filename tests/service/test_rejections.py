"""An order that is refused for good gives back what was paid."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import rejections
from oms.aftersales.models import Refund
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
    outcome = rejections.decide(
        session,
        step_id=step.id,
        token=step.token,
        decision=Decision("reject", "we may not sell this there", {}, False),
        actor="staff:gm",
        roles=["general_manager"],
        now=business_now,
    )
    refund = session.query(Refund).one()
    assert (outcome, refund.amount, refund.status) == ("rejected", order.lines_total, "pending")
    assert check(session, names=["refunded_at_most_what_was_paid"]) == []
    assert session.query(Step).filter_by(kind="refund").one().state == "open"
