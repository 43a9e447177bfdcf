"""A part of a WooCommerce order given back before it left: the shop names a sum and no pieces, so a person must look."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Problem, Severity
from tests.connectors.order_messages import only, woo_order


def held(**changes: Any) -> list[Problem]:
    return [found for found in only("woocommerce", woo_order(**changes)).problems if found.severity is Severity.HOLD]


@pytest.mark.parametrize("status", ["processing", "wc-processing", "on-hold"])
def test_a_part_given_back_holds_the_order_until_somebody_says_for_which_pieces(status: str) -> None:
    refunds = [{"id": 1, "reason": "", "total": "-3.50"}, {"id": 2, "reason": "", "total": "-1.00"}]
    (found,) = held(status=status, refunds=refunds, date_paid_gmt=None)
    assert (found.code, found.field) == ("row_invalid", "lines")
    assert found.message == (
        "the shop gave 4.50 back and does not say for which pieces;"
        " look at the order in the shop, and take off what is not to be sent"
    )


@pytest.mark.parametrize(
    ("status", "paid_at", "stopped"),
    [("on-hold", "2026-11-22T08:00:04", True), ("pending", "2026-11-22T08:00:04", True), ("on-hold", None, False),
     ("processing", "2026-11-22T08:00:04", False), ("completed", "2026-11-22T08:00:04", False)],
)  # fmt: skip
def test_an_order_that_its_shop_stopped_after_it_was_paid_waits(
    status: str, paid_at: str | None, *, stopped: bool
) -> None:
    found = held(status=status, date_paid_gmt=paid_at, date_paid=paid_at)
    assert [(one.code, one.field) for one in found] == ([("status_unknown", "status")] if stopped else [])


@pytest.mark.parametrize(
    "changes",
    [
        {"refunds": []},
        {"refunds": [{"id": 1, "total": "-16.66"}]},
        {"status": "refunded", "refunds": [{"id": 1, "total": "-16.66"}]},
        {"status": "completed", "refunds": [{"id": 1, "total": "-3.50"}]},
    ],
    ids=["nothing", "all", "refunded", "already sent"],
)
def test_nothing_is_held_where_no_piece_is_left_to_doubt(changes: dict[str, Any]) -> None:
    assert held(**changes) == []
