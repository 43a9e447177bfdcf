"""When goods that were asked for are to be here: in working days, as the promise that waits for them (A-3, V-8)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.supply import backorders
from oms.supply.models import SupplyRequest
from tests.factories.floor import run_kind
from tests.factories.orders import make_order, make_sku, make_warehouse
from tests.factories.verification import set_policy


@pytest.mark.parametrize(
    ("lead_days", "day"),
    [
        (2, 20),
        # The 21st and the 22nd of November 2026 are a Saturday and a Sunday.
        (3, 23),
        (7, 27),
        # Goods without a lead time of their own have the house's.
        (0, 24),
    ],
)
def test_supply_is_due_after_so_many_working_days(
    session: Session, business_now: datetime, lead_days: int, day: int
) -> None:
    set_policy(session, "promise.lead_time_days", 4, business_now)
    make_warehouse(session)
    sku = make_sku(session, lead_days=lead_days)
    order = make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed")
    steps.open_steps(session, [NewStep("allocate", order.id, order_id=order.id)], now=business_now)
    run_kind(session, "allocate", backorders.allocate, business_now)
    due_at = datetime(2026, 11, day, 2, 0, tzinfo=UTC)
    assert session.query(SupplyRequest).one().expected_at == due_at
    assert session.query(Step).filter_by(kind="supply").one().due_at == due_at
