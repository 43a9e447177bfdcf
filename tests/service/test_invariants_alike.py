"""What agrees with itself and is wrong all the same: damage on both sides of a rule, which a comparison alone would let pass."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.invariants.check import check
from tests.factories.every_stage import drop_guards, make_every_stage

_BECAME = """INSERT INTO inbound_order (message_id, position, became, order_id, problems)
             SELECT gen_random_uuid(), 0, '{became}', {order}, '[]'"""

#: Invariant, what breaks it.
DAMAGES = (
    # Other goods than the line's are promised, and leave, for nothing.
    (
        "no_part_is_promised_beyond_its_line",
        """UPDATE reservation SET sku_id = gen_random_uuid()
           WHERE id = (SELECT min(id::text)::uuid FROM reservation WHERE qty > qty_released)""",
    ),
    (
        "no_part_is_promised_beyond_its_line",
        """INSERT INTO reservation (id, order_id, order_line_id, warehouse_id, sku_id, round, qty, qty_shipped, qty_released, at)
           SELECT gen_random_uuid(), order_id, order_line_id, warehouse_id, gen_random_uuid(), 0, 1, 1, 0, at
           FROM reservation LIMIT 1""",
    ),
    # This lease never runs out, so nobody ever takes the step up.
    (
        "no_lease_forgotten",
        "UPDATE step SET state = 'claimed', claimed_at = now(), lease_until = NULL WHERE kind = 'tell'",
    ),
    ("a_label_has_its_effect", "UPDATE effect SET state = 'refused'"),
    # The line and the sums above it are wrong by the same amount.
    (
        "totals_hold",
        """WITH dearer AS (UPDATE order_line SET total = total + 5), more AS (
               SELECT order_id, 5 * count(*) AS total FROM order_line GROUP BY 1)
           UPDATE orders o SET lines_total = o.lines_total + m.total, total = o.total + m.total FROM more m WHERE m.order_id = o.id""",
    ),
    ("a_message_says_what_it_became", _BECAME.format(became="ordered", order="NULL")),
    ("a_message_says_what_it_became", _BECAME.format(became="updated", order="gen_random_uuid()")),
)


@pytest.fixture
def house(session: Session, business_now: datetime) -> Session:
    return make_every_stage(session, business_now)


@pytest.mark.parametrize(("name", "statement"), DAMAGES)
def test_what_agrees_with_itself_and_is_wrong_all_the_same_is_found(house: Session, name: str, statement: str) -> None:
    drop_guards(house)
    assert check(house, names=[name]) == []
    done: Any = house.execute(text(statement))
    assert done.rowcount > 0, "the control broke nothing"
    assert {violation.name for violation in check(house, names=[name])} == {name}


@pytest.mark.parametrize("currency", ["JPY", "PYG", "RWF"])
def test_a_line_rounded_to_whole_ones_is_in_order_where_its_currency_has_no_decimals(
    house: Session, currency: str
) -> None:
    """A guarani's line would have been told as wrong for its half: only seven such currencies were known."""
    drop_guards(house)
    house.execute(text("UPDATE orders SET currency = :currency"), {"currency": currency})
    house.execute(text("UPDATE order_line SET unit_price = unit_price + 0.4 / qty"))
    assert check(house, names=["totals_hold"]) == []
    house.execute(text("UPDATE orders SET currency = 'EUR'"))
    assert check(house, names=["totals_hold"]) != []
