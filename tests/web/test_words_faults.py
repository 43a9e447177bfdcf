"""Refusals are told in the page's language, with their values."""

from __future__ import annotations

import pytest

from oms.intake.acceptance import NO_ORDER_MAIL, STRANGER
from oms.web.words_faults import _rows, told


@pytest.mark.parametrize(
    ("fault", "chinese"),
    [
        ("say why", "请说明理由"),
        ("weighed 900 g, its goods should weigh 720 g", "称重 900 克，应为 720 克"),
        ("fulfilment FO-1 is packed: there is nothing to pack", "发货单 FO-1 状态为 packed，无需打包"),
        ("say why it is handed over", "请说明转交理由"),
        ("nobody of that name works here", "这里没有此人"),
        (
            "amount: 'abc' is no amount: write digits with a point in quotes, such as \"12.50\"",
            "amount：'abc' 不是金额，请写作 12.50",
        ),
        (
            "this number was booked with other goods: give each line of a delivery note a number of its own",
            "此编号已登记其他商品：送货单每一行请用单独编号",
        ),
        (
            "fulfilment FO-1 has no open step `pack`: look at its order's page",
            "发货单 FO-1 没有待打包步骤：请查看其订单",
        ),
        ("ticket TK-1 is closed: reopen it first", "工单 TK-1 状态为 closed，请先重新打开"),
        ("2 checked piece(s) are in no box: put them in, or send them back", "2 件已复核商品未装箱：请装箱或退回"),
        ("the carrier has no service 'rocket'", "承运商没有服务 'rocket'"),
        ("a cause of ours needs the person: choose one of the staff", "我方原因须选择责任人"),
        ("the order says all of this already: nothing would change", "与订单现有内容相同，没有变更"),
        (NO_ORDER_MAIL, "不是订单：通知、自动回复或垃圾邮件，不予答复"),
        (STRANGER, "已有此编号的订单来自另一地址：请比对两者，并人工录入所需内容"),
        ("a text that nobody has put into words", "a text that nobody has put into words"),
    ],
)
def test_a_refusal_is_told_in_chinese_with_its_values(fault, chinese):
    assert told(fault, "zh_Hans") == chinese
    assert told(fault, "en") == fault


def test_every_row_takes_in_as_many_values_as_it_matches():
    assert [english for english, chinese in _rows() if english.count("*") != chinese.count("*")] == []
