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
    (found,) = held(status=status, refunds=refunds)
    assert (found.code, found.field) == ("row_invalid", "lines")
    assert found.message == (
        "the shop gave 4.50 back and does not say for which pieces;"
        " look at the order in the shop, and take off what is not to be sent"
    )


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
