"""Quantities that are no one number are asked about, in pasted words, in mails and in sheets; the goods beside them stay."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import ChannelConfig, ChannelOrder, Received, Severity
from connectors.channels.phone import Phone
from connectors.hedges import with_stand_ins
from connectors.paste import parse_paste
from oms.verification.problems_zh import in_chinese
from oms.web.words_faults import told as refused_in
from tests import stopwatch
from tests.connectors.mails import mail, one
from tests.connectors.sheet_reading import codes
from tests.connectors.sheet_reading import one as one_of_sheet

#: What is said -> the code or name of the goods.
HEDGED = {
    "2 or 3 x TEA-1": "TEA-1", "2-3 x TEA-1": "TEA-1", "2–3 x TEA-1": "TEA-1", "2/3 pcs TEA-1": "TEA-1", "two or three TEA-1": "TEA-1",
    "TEA-1 x 2 or 3": "TEA-1", "TEA-1 x2-3": "TEA-1", "2 to 3 boxes TEA-1": "TEA-1", "TEA-1 5~10 pcs": "TEA-1", "about 10 TEA-1": "TEA-1",
    "approx. 10 pcs TEA-1": "TEA-1", "ca. 10 TEA-1": "TEA-1", "TEA-1: min. 5": "TEA-1", "at least 5 x TEA-1": "TEA-1", "up to 20 TEA-1": "TEA-1",
    "a dozen or so TEA-1": "TEA-1", "half a dozen TEA-1": "TEA-1", "a few TEA-1": "TEA-1", "a couple of TEA-1": "TEA-1", "several TEA-1": "TEA-1",
    "10 or so TEA-1": "TEA-1", "10 TEA-1 or so": "TEA-1", "10ish TEA-1": "TEA-1", "10+ TEA-1": "TEA-1", "~10 TEA-1": "TEA-1",
    "TEA-1 2x500g": "TEA-1", "no. 12 TEA-1": "TEA-1", "2 1/2 kg TEA-1": "TEA-1", "about 2-3 boxes TEA-1": "TEA-1",
    "TEA-1 x 2 (or 3)": "TEA-1", "2 (maybe 3) TEA-1": "TEA-1", "TEA-1 10+1 pcs": "TEA-1",
}  # fmt: skip
CHINESE = {
    "两三个苹果": "苹果", "苹果两三个": "苹果", "苹果三五斤": "苹果", "七八十个苹果": "苹果", "几个苹果": "苹果", "苹果十几个": "苹果", "几十个苹果": "苹果",
    "苹果十来个": "苹果", "苹果20多个": "苹果", "约10个苹果": "苹果", "苹果大概十个": "苹果", "苹果10个左右": "苹果", "至少五箱苹果": "苹果", "2到3箱苹果": "苹果",
    "两到三箱苹果": "苹果", "要2、3箱苹果": "苹果", "A001 2-3件": "A001", "A001 2或3件": "A001", "苹果两箱半": "苹果", "半箱苹果": "苹果",
    "A001 2~3箱都行": "A001", "A001 10+5件": "A001", "A001 10件送2件": "A001", "MUG-7一打半": "MUG-7", "MUG-7两三个": "MUG-7", "三千五个苹果": "苹果", "若干个苹果": "苹果",
}  # fmt: skip


def pasted(text: str) -> ChannelOrder:
    (order,) = Phone(ChannelConfig("phone", "phone")).translate(Received(text.encode()))
    return order


def told(order: ChannelOrder) -> str:
    (found,) = [found for found in order.problems if found.field == "lines.0.qty"]
    assert (found.code, found.severity) == ("qty_invalid", Severity.HOLD)
    return found.message


@pytest.mark.parametrize("words", [*HEDGED, *CHINESE])
def test_pasted_words_that_name_no_one_number_are_asked_about(words):
    order = pasted(words)
    (line,) = order.lines
    assert (line.sku or line.name, line.qty) == ({**HEDGED, **CHINESE}[words], None)
    message = told(order)
    assert "is not one number; ask how many are ordered" in message
    assert "询问订购数量" in in_chinese(message)
    assert "询问订购数量" in refused_in(message, "zh_Hans")
    assert not any(str(number) in message for number in range(9_900, 9_974))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("TEA-1 5箱×24盒", "two quantities"),
        ("绿茶 5箱×24盒", "two quantities"),
        ("2 x TEA-1 or TEA-2", "goods to choose from"),
        ("A001或A002 2件", "goods to choose from"),
        ("TEA-1 10115", "postal code"),
        ("2000 TEA-100 2", "two numbers"),
    ],
)
def test_of_two_numbers_and_of_two_goods_none_is_chosen(words, why):
    message = told(pasted(words))
    assert why in message
    assert in_chinese(message) != message
    assert refused_in(message, "zh_Hans") != message


@pytest.mark.parametrize(
    ("words", "goods"),
    [
        ("KAF-1 2½ kg", ("KAF-1", "2.5", "kg")),
        ("½ kg KAF-1", ("KAF-1", "0.5", "kg")),
        ("苹果½斤", ("苹果", "0.5", "斤")),
        ("俩苹果", ("苹果", "2", "个")),
        ("苹果俩", ("苹果", "2", "个")),
        ("廿个苹果", ("苹果", "20", "个")),
        ("苹果廿五个", ("苹果", "25", "个")),
        ("苹果一百零五个", ("苹果", "105", "个")),
        ("苹果三千五百个", ("苹果", "3500", "个")),
        ("苹果一百二十个", ("苹果", "120", "个")),
        ("壹佰个苹果", ("苹果", "100", "个")),
        ("两箱苹果", ("苹果", "2", "箱")),
        ("a dozen TEA-1", ("TEA-1", "1", "dozen")),
        ("2x500g TEA-1", ("TEA-1", "2", None)),
        ("TEA-1 x 2 (not 3)", ("TEA-1", "2", None)),
        ("iPhone 15 - 2 pcs", ("iPhone 15", "2", "pcs")),
        ("TEA-1 2-3 mm x 5", ("TEA-1", "5", None)),
        ("六个核桃 3箱", ("六个核桃", "3", "箱")),
    ],
)
def test_what_is_one_number_is_read(words, goods):
    (line,) = pasted(words).lines
    assert (line.sku or line.name, line.qty, line.unit) == (goods[0], Decimal(goods[1]), goods[2])


@pytest.mark.parametrize(
    ("words", "goods"),
    [
        ("hi can u send x2 TEA-1 and x3 MUG-7 to John Smith, 12 High St, Leeds LS1 4AP", [("TEA-1", 2), ("MUG-7", 3)]),
        ("TEA-1 x2 MUG-7 x1", [("TEA-1", 2), ("MUG-7", 1)]),
        ("the blue MUG-7", []),
        ("一打毛巾 A001两打", [("A001", None)]),
        ("六个核桃 三箱", [("六个核桃", 3)]),
    ],
)
def test_a_number_within_a_code_is_no_quantity_and_each_count_has_its_goods(words, goods):
    assert [(line.sku or line.name, line.qty) for line in parse_paste(words).lines] == goods


def test_a_postal_code_and_a_phone_are_no_quantity_of_the_goods_beside_them():
    found = parse_paste("John Smith\n5 Elm St, Austin, TX 78701 TEA-100 2\n+1 212 555 0123")
    assert [(line.sku, line.qty) for line in found.lines] == [("TEA-100", 2)]
    assert found.address is not None
    assert found.address.postal_code == "78701"


def test_what_is_sure_beside_a_hedge_keeps_its_place_its_price_and_its_address():
    found = parse_paste(
        "张三 13800138000 广东省深圳市南山区科技园路1号3栋2-501室\nA-1 2件\n两三个B-22，单价5元\nC-3 4件"
    )
    assert [(line.sku, line.qty, line.unit_price) for line in found.lines] == [
        ("A-1", 2, None),
        ("B-22", None, 5),
        ("C-3", 4, None),
    ]
    assert found.address is not None
    assert found.address.lines == ("科技园路1号3栋2-501室",)
    western = parse_paste("Jane Roe\n12-14 High Street\nLeeds LS1 4AP\n2 x TEA-1")
    assert western.address is not None
    assert western.address.lines == ("12-14 High Street",)


@pytest.mark.parametrize(
    "words",
    ["SKU: TEA-1, Qty: 2 or 3", "SKU: TEA-1, Qty: 2 x 12", "货号：A001 数量：2、3个", "货号：A001 数量：两三个"],
)
def test_a_labelled_quantity_that_is_none_is_missing(words):
    order = pasted(words)
    assert [line.qty for line in order.lines] == [None]
    assert codes(order)["lines.0.qty"] == "qty_missing"


def test_a_price_that_is_none_is_no_price():
    (line,) = pasted("TEA-1 x 2 @ 2-3 EUR").lines
    assert (line.qty, line.unit_price) == (2, None)


@pytest.mark.parametrize("words", [words for words in HEDGED if words not in ("TEA-1 2x500g", "no. 12 TEA-1")])
def test_a_mails_line_that_names_no_one_number_is_asked_about(words):
    order = one(mail("Order 4711", f"Please ship:\n\n{words}\n5 x MUG-7 @ 3.00\n\nThanks\n"), currency="EUR")
    assert [(line.sku, line.qty) for line in order.lines] == [("TEA-1", None), ("MUG-7", 5)]
    assert codes(order)["lines.0.qty"] == "qty_invalid"


@pytest.mark.parametrize(
    "words",
    ["We need it in 2-3 weeks.", "Call us between 2-3 pm.", "See page 2/3 of CAT-12.", "Open 9-17, max. 5 persons."],
)
def test_words_beside_the_goods_of_a_mail_that_hedge_order_nothing(words):
    order = one(mail("Order 4711", f"Please ship:\n\n5 x MUG-7 @ 3.00\n\n{words}\n"), currency="EUR")
    assert [(line.sku, line.qty) for line in order.lines] == [("MUG-7", 5)]


@pytest.mark.parametrize(
    "cell",
    [
        "2 or 3",
        "2-3",
        "2/3",
        "about 10",
        "10ish",
        "10+",
        "10左右",
        "10多个",
        "2打半",
        "两三个",
        "½",
        "min. 5",
        "2 (not 3)",
        "2 (or 3)",
        "5plus",
        "2 x 12",
    ],
)
def test_a_cell_that_names_no_one_number_is_told(cell):
    order = one_of_sheet(f"PO,SKU,Qty,Price\nA,TEA-1,{cell},5\n")
    assert [line.qty for line in order.lines] == [None]
    assert codes(order)["lines.0.qty"] == "qty_invalid"


def test_looking_for_hedges_takes_no_time_whatever_stands_in_a_text():
    for sign in ("一", "1", "two or ", "约", "a ", "2 - ", "1 x ", "几十", "/", "1,", "½"):
        with stopwatch.cpu() as spent:
            with_stand_ins((sign * 5_000)[:5_000])
        assert spent.s < 0.5, sign
