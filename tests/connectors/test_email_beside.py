"""What stands beside a mail's goods: rows after a blank line, goods outside the table, conditions of the order."""

from __future__ import annotations

import pytest

from connectors.base import Severity
from tests.connectors.mails import lines_of, mail, one

_HEAD = "Please send (EUR):\n\nSKU      Qty   Price\nABC-1    2     10.00\n"
_TO = "\nShip to:\nJane Doe\n12 Main St\nAustin, TX 78701\nUSA\n"
_BOTH = [("ABC-1", "2", "10.00"), ("DEF-2", "3", "5.00")]


def told(body: str, subject: str = "Purchase order PO-77") -> str | None:
    return one(mail(subject, body)).buyer_message


def held(body: str) -> list[str]:
    problems = one(mail("Purchase order PO-77", body)).problems
    return [found.message for found in problems if found.severity is Severity.HOLD and found.field == "lines"]


@pytest.mark.parametrize(
    "rows",
    [
        "SKU      Qty   Price\nABC-1    2     10.00\n\nDEF-2    3     5.00\n",
        "SKU      Qty   Price\n\nABC-1    2     10.00\n\n\nDEF-2    3     5.00\n",
        "SKU | Qty | Price\nABC-1 | 2 | 10.00\n\nDEF-2 | 3 | 5.00\n",
        "SKU\tQty\tPrice\nABC-1\t2\t10.00\n\nDEF-2\t3\t5.00\n",
        "SKU,Qty,Price\nABC-1,2,10.00\n\nDEF-2,3,5.00\n",
        "SKU Qty Price\nABC-1 2 10.00\n\nDEF-2 3 5.00\n",
        "SKU      Qty   Price\nABC-1    2     10.00\n\nAccessories\nDEF-2    3     5.00\n",
        "SKU      Qty   Price\nABC-1    2     10.00\n-----------------\n\nSpare parts, as always:\n\nDEF-2    3     5.00\n",
        "货号    数量   单价\nABC-1    2     10.00\n\n配件\nDEF-2    3     5.00\n",
    ],
)
def test_a_table_goes_on_below_a_blank_line_or_a_word(rows: str) -> None:
    order = one(mail("Purchase order PO-77", f"Please send (EUR):\n\n{rows}{_TO}"))
    assert lines_of(order) == _BOTH
    assert order.ship_to is not None
    assert order.ship_to.lines == ("12 Main St",)


def test_codes_of_digits_go_on_below_a_blank_line_only() -> None:
    table = "SKU      Qty\n10023    2\n\n10024    3\n"
    assert lines_of(one(mail("Purchase order PO-77", f"Please send:\n\n{table}{_TO}"))) == [
        ("10023", "2", None),
        ("10024", "3", None),
    ]


@pytest.mark.parametrize(
    "below",
    ["Jane Doe\n12 Main St\nAustin, 78701\nUSA", "Regards\nJane, 5\n", "Room 4, 12\n"],
)
def test_an_address_below_a_table_is_no_row_of_it(below: str) -> None:
    order = one(mail("Purchase order PO-77", f"Please send:\n\nItem,Qty\nABC-1,2\n\n{below}"))
    assert lines_of(order) == [("ABC-1", "2", None)]


def test_words_between_rows_are_still_read() -> None:
    between = "Pack these separately.\nDEF-2    3     5.00\n"
    order = one(mail("Purchase order PO-77", f"{_HEAD}\n{between}{_TO}"))
    assert (lines_of(order), order.buyer_message) == (_BOTH, "Pack these separately.")


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ("\nPlease also add 1 x XYZ-9.\n", "Please also add 1 x XYZ-9."),
        ("\nplus 3 QRS-7 please\n", "plus 3 QRS-7 please"),
        ("\n另外再加 2 个 QRS-7\n", "另外再加 2 个 QRS-7"),
        ("Subtotal: 20.00\n\nDEF-2    3     5.00\n", "DEF-2    3     5.00"),
    ],
)
def test_goods_beside_the_table_hold_the_order(beside: str, named: str) -> None:
    (message,) = held(_HEAD + beside + _TO)
    assert message == f"{named!r} names goods outside the table; enter them too, if they are ordered"


@pytest.mark.parametrize(
    "beside",
    [
        "\nYou asked about 2 x ABC-1 by telephone.\n",
        "\nWith reference to quote Q-2026-11 and your price list PL-9.\nOur cost centre is CC-44.\n",
    ],
)
def test_other_words_beside_the_table_hold_nothing(beside: str) -> None:
    assert held(_HEAD + beside + _TO) == []


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("If you cannot deliver by 5 March, please cancel.", None),
        ("Only ship if all items are in stock.", None),
        ("If DEF-2 is out of stock, send ABC-9 instead.", None),
        ("Do not deliver before Monday. Leave it at the back door.", "Do not deliver before Monday.\nLeave it at the back door."),
        ("Thank you! Ship everything together, please.", "Ship everything together, please."),
        ("We are a small shop and can only take it in the morning, so if you\ncannot come then, call us.", "We are a small shop and can only take it in the morning, so if you cannot come then, call us."),
        ("Falls nicht lieferbar, bitte stornieren.", None),
        ("如果3月5日前送不到就不要了。谢谢！", "如果3月5日前送不到就不要了。"),
        ("请务必周五前送到。", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("goods", [_HEAD, "Please send\n2 x ABC-1\n3 x DEF-2\n"])
def test_on_what_an_order_depends_is_told_to_the_desk(goods: str, said: str, note: str | None) -> None:
    assert told(f"{goods}\n{said}\n{_TO}") == (note or said)


@pytest.mark.parametrize(
    "said",
    [
        "If you have any questions, please call us.",
        "Please let me know if anything is missing.",
        "This email is confidential. If you are not the intended recipient, delete it.",
        "Do not reply to this email.",
        "Thank you and have a nice day.",
        "如果有问题请联系我。",
    ],
)
def test_phrases_are_no_conditions(said: str) -> None:
    assert told(f"{_HEAD}\n{said}\n{_TO}") is None


def test_a_note_and_a_condition_are_both_told() -> None:
    assert told(f"{_HEAD}\nNote: fragile\nNever leave it outside.\n{_TO}") == "fragile\nNever leave it outside."


@pytest.mark.parametrize(
    "below", ["If nobody is home leave it with the neighbour.", "Do not leave without signature", "送不到就不要了，务必先打电话。"]
)  # fmt: skip
def test_a_condition_below_an_address_is_no_part_of_it(below: str) -> None:
    body = f"{_HEAD}\nShip to:\nJane Doe\n12 Main St\nAustin, TX 78701\n{below}\n"
    order = one(mail("Purchase order PO-77", body))
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.postal_code) == ("Austin", "78701")
    assert order.buyer_message == below


def test_goods_right_below_an_address_on_one_line_are_read() -> None:
    order = one(
        mail("Purchase order PO-77", "Ship to: Jane Doe, 12 Main St, Austin, TX 78701, USA\n2 x ABC-1\n3 x DEF-2\n")
    )
    assert lines_of(order) == [("ABC-1", "2", None), ("DEF-2", "3", None)]


def test_a_shop_that_tells_of_an_order_sets_no_condition() -> None:
    body = f"New customer order\n\nYou have received an order from Jane Doe. If it is late, refund it.\n\nOrder #77\n\n{_HEAD}{_TO}"
    body = body.replace("Please send (EUR):", "Prices in EUR:")
    order = one(mail("[My Shop]: New order #77", body, sender="My Shop <wordpress@shop.example>"))
    assert order.buyer_message is None
