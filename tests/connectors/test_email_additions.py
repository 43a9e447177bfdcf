"""Mails that add goods to an order that stands, or take some off it: what they list is not all that is wanted."""

from __future__ import annotations

import pytest

from connectors.base import Kind
from tests.connectors.mails import codes, lines_of, mail, one


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("PO-9", "Please change our order PO-9: add 5 pcs CUP-100 @ 9.90 EUR."),
        ("Order change PO-9", "please remove 2 pcs CUP-100."),
        ("PO-9 order change", "please reduce CUP-100 by 2 pcs."),
        ("PO-9 order change", "please replace 2 pcs CUP-100 with 2 pcs MUG-100."),
        ("PO amendment PO-9", "Please take 2 pcs CUP-100 off, and take 3 pcs MUG-100 in addition."),
        ("订单变更 PO-9", "你好，请在订单PO-9上追加：\nCUP-100 5个 单价9.90元\n谢谢"),
        ("订单修改 PO-9", "请把订单PO-9去掉 CUP-100 5个"),
        ("PO-9", "Please cancel 2 pcs CUP-100 of our order PO-9."),
    ],
)
def test_goods_to_add_or_to_take_off_never_replace_those_of_the_order(subject, body):
    # As all goods of the order they put out the others. Without any the order manager decides, and the order stands meanwhile.
    order = one(mail(subject, f"{body}\n\nJane\n"))
    assert (order.kind, order.channel_order_id, order.lines) == (Kind.UPDATE, "PO-9", ())
    assert {"row_invalid", "no_lines"} <= codes(order)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Revised order PO-9", "our revised order, CUP-100 is added:\n5 pcs TEA-100 @ 9.90 EUR\n2 pcs CUP-100 @ 3.00 EUR"),
        ("PO-9", "We have changed our order PO-9. The amended order in full, with additional cups:\n5 pcs TEA-100 @ 9.90 EUR\n2 pcs CUP-100 @ 3.00 EUR"),
        ("订单变更 PO-9", "更新后的订单（增加了杯子）：\nTEA-100 5个 单价9.90\nCUP-100 2个 单价3.00"),
    ],
)  # fmt: skip
def test_an_order_that_is_sent_anew_names_all_of_its_goods(subject, body):
    order = one(mail(subject, f"{body}\n\nJane\n"))
    assert (order.kind, lines_of(order)) == (Kind.UPDATE, [("TEA-100", "5", "9.90"), ("CUP-100", "2", "3.00")])
