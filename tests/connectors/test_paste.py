"""Pasted blocks in any order, English and Chinese: who, where, what, and nothing made up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ChannelConfig, Kind, Received, Severity
from connectors.channels.im import InstantMessage
from connectors.channels.phone import Phone
from connectors.output import from_json, to_json
from connectors.paste import MAX_CHARS, parse_paste
from connectors.paste_goods import goods_in
from connectors.paste_people import chinese_name, western_name
from tests import stopwatch
from tests.connectors.pasted_blocks import BLOCKS
from tests.connectors.pasted_shapes import SHAPES


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_says_who_where_and_what(block):
    found = parse_paste(block)
    place = found.address
    assert place is not None
    told = (place.region, place.city, place.district, place.lines)
    goods = [(line.sku or line.name, line.qty) for line in found.lines]
    assert (found.name, found.phone, told, goods) == BLOCKS[block]


@pytest.mark.parametrize("block", SHAPES)
def test_goods_and_people_are_told_apart_in_other_shapes_too(block):
    found = parse_paste(block)
    assert found.address is not None
    place = (found.address.region, found.address.city, found.address.lines)
    goods = [(line.sku or line.name, line.qty, line.unit) for line in found.lines]
    assert (found.name, found.phone, place, goods) == SHAPES[block]


def test_a_price_said_behind_the_goods_is_theirs():
    (line,) = parse_paste("帮我订10套扳手TB-10，单价199元，货到付款").lines
    assert (line.sku, line.name, line.qty, line.unit_price) == ("TB-10", "扳手", Decimal(10), Decimal(199))
    (line,) = parse_paste("Qty: 2 × $45.00 = $90.00").lines
    assert (line.qty, line.unit_price) == (Decimal(2), Decimal("45.00"))


def test_talk_that_begins_with_a_bracket_is_no_broken_json():
    (order,) = read("[图片] 王五 13800138000 广东省深圳市南山区科技园路1号 A001 2件", InstantMessage)
    assert (order.kind, order.lines[0].sku, codes(order) & {"unreadable"}) == (Kind.ORDER, "A001", set())
    assert codes(read('[{"lines": ')[0]) == {"unreadable"}


def read(text: str | bytes, channel: type[Phone] | type[InstantMessage] = Phone, **known: str):
    body = text.encode() if isinstance(text, str) else text
    return channel(ChannelConfig(channel.source, channel.source, settings=known)).translate(Received(body))


def codes(order) -> set[str]:
    return {found.code for found in order.problems}


def test_an_extension_is_kept_apart():
    assert parse_paste("李四 0755-12345678转801 深圳市南山区科技园路1号 A001 2件").phone_ext == "801"
    assert parse_paste("王五 13800138000-1234 北京市朝阳区建国路1号 A1*1").phone_ext == "1234"


def test_masked_receivers_stay_as_sent_with_a_note():
    (order,) = read("张*三 138****8888 广东省东莞市长安镇霄边社区1号 A001 1件")
    assert (order.ship_to.name, order.ship_to.phone) == ("张*三", "138****8888")
    assert {found.code: found.severity for found in order.problems}["masked"] is Severity.NOTE


def test_a_phone_that_cannot_be_dialled_is_kept_and_named():
    (order,) = read("1380013800 张三 广东省广州市天河区体育西路1号 A1 2件")
    assert order.customer.phone == "1380013800"
    assert "phone_invalid" in codes(order)


def test_a_code_of_goods_is_no_phone_and_a_house_no_goods():
    found = parse_paste("张三 6901234567890 2 广东省深圳市南山区科技园路1号3栋2单元501室")
    assert (found.phone, [line.sku for line in found.lines]) == (None, ["6901234567890"])


@pytest.mark.parametrize(
    ("piece", "goods"),
    [("A001 2件", ("A001", None, 2, "件", None)), ("2xTEA-100", ("TEA-100", None, 2, None, None)), ("三箱苹果", (None, "苹果", 3, "箱", None)),
     ("十二箱可乐 每箱48元", (None, "可乐", 12, "箱", "48")), ("500g绿茶 2包", (None, "500g绿茶", 2, "包", None)), ("绿茶(A001) x 2 $8.50 each", ("A001", "绿茶", 2, None, "8.50")),
     ("1. TEA-100 - 4 pcs", ("TEA-100", None, 4, "pcs", None)), ("two boxes of tea", (None, "tea", 2, "boxes", None)), ("MUG-7 2", ("MUG-7", None, 2, None, None)),
     ("A001 绿茶 2盒 单价12.5", ("A001", "绿茶", 2, "盒", "12.5")), ("iPhone 15 Pro x1", (None, "iPhone 15 Pro", 1, None, None))],
)  # fmt: skip
def test_goods_are_read_in_every_usual_form(piece, goods):
    found = goods_in(piece)
    price = None if goods[4] is None else Decimal(goods[4])
    assert (found.sku, found.name, found.qty, found.unit, found.price) == (*goods[:4], price)


@pytest.mark.parametrize(
    "piece",
    ["科技园路1号", "221B Baker Street", "London NW1 6XE", "10 Box Lane", "John Smith", "+44 20 7946 0958", "3栋2单元5室", "CA 94043", "Suite 5", "红星村3组", "6XE", ""],
)  # fmt: skip
def test_addresses_names_and_phones_are_no_goods(piece):
    assert goods_in(piece) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张三", "张三"),
        ("欧阳娜娜", "欧阳娜娜"),
        ("王芳女士", "王芳"),
        ("李先生", "李先生"),
        ("古丽·阿依", "古丽·阿依"),
        ("谢谢", None),
        ("发货", None),
        ("北京", None),
    ],
)
def test_chinese_names_are_known_by_surname(text, name):
    assert chinese_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John Smith", "John Smith"),
        ("Dr. Ann van Dyk", "Ann van Dyk"),
        ("JOHN SMITH", "JOHN SMITH"),
        ("Acme Ltd", None),
        ("Baker Street", None),
        ("Please Call", None),
        ("United Kingdom", None),
        ("John", None),
    ],
)
def test_western_names_are_known_by_shape(text, name):
    assert western_name(text) == name


def test_every_field_carries_its_source_and_how_sure_it_is():
    found = parse_paste("张三 13800138000 广东省深圳市南山区科技园路1号 A001 2件")
    told = {piece.field: piece for piece in found.evidence}
    assert set(told) == {"ship_to.name", "ship_to.phone", "ship_to.lines", "lines.0"}
    assert all(0 < piece.confidence <= 1 and piece.source for piece in found.evidence)
    labelled = parse_paste("姓名：张三 电话：13800138000")
    assert {piece.field: piece.confidence for piece in labelled.evidence}["ship_to.name"] > told[
        "ship_to.name"
    ].confidence


def test_goods_without_a_quantity_are_a_line_that_holds():
    (order,) = read("姓名：张三\n电话：13800138000\n地址：深圳市南山区科技园路1号\n商品：绿茶")
    assert (order.lines[0].name, order.lines[0].qty) == ("绿茶", None)
    assert "qty_missing" in codes(order)


def test_what_is_said_beside_the_fields_is_the_buyers_message():
    (order,) = read("张三 13800138000 深圳市南山区科技园路1号 A001 2件 周末再送")
    assert order.buyer_message == "周末再送"


@pytest.mark.parametrize(
    ("words", "terms"), [("月结", "account"), ("货到付款", "cod"), ("款到发货", "prepaid"), ("周末送", None)]
)
def test_payment_terms_stay_open_unless_they_are_said(words, terms):
    (order,) = read(f"张三 13800138000 深圳市南山区科技园路1号 A001 2件 {words}")
    assert order.payment.terms == terms


def test_an_order_over_the_phone_needs_no_number_of_its_own():
    (order,) = read("张三 13800138000 深圳市南山区科技园路1号 A001 2件")
    assert (order.kind, order.channel_order_id) == (Kind.ORDER, None)
    assert "number_missing" not in codes(order)
    assert {"currency_missing", "price_missing"} <= codes(order)


@pytest.mark.parametrize("channel", [Phone, InstantMessage])
def test_talk_without_goods_or_address_is_no_order(channel):
    (order,) = read("Hi, are you there?", channel)
    assert (order.kind, order.source, order.problems) == (Kind.NOT_AN_ORDER, channel.source, ())


@pytest.mark.parametrize("body", [b"", b"  \n ", b"\xff\xfe\xff", ("张" * (MAX_CHARS + 1)).encode(), b'{"lines": ['])
def test_what_cannot_be_read_says_so(body):
    (order,) = read(body)
    assert order.kind is Kind.NOT_AN_ORDER
    assert codes(order) == {"unreadable"}


def test_a_block_in_gb18030_is_read():
    (order,) = read("张三 13800138000 深圳市南山区科技园路1号 A001 2件".encode("gb18030"))
    assert order.ship_to.district == "南山区"


def test_the_specialists_page_posts_our_own_json():
    body = {
        "currency": "EUR",
        "customer": {"name": "Ann", "phone": "+44 20 7946 0958"},
        "ship_to": {"name": "Ann", "lines": ["1 High St"], "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"},
        "lines": [{"sku": "A", "qty": "2", "unit_price": "1.50"}],
    }
    (order,) = read(json.dumps(body))
    assert (order.source, order.totals.lines, order.problems) == ("phone", Decimal("3.00"), ())


def test_what_is_keyed_wins_over_what_was_pasted():
    body = {
        "text": "张三 13800138000 深圳市南山区科技园路1号 A001 2件",
        "currency": "CNY",
        "lines": [{"sku": "A001", "qty": "5", "unit_price": "8.00"}],
    }
    (order,) = read(json.dumps(body), InstantMessage)
    assert (order.ship_to.name, order.lines[0].qty, order.totals.lines) == ("张三", 5, Decimal("40.00"))
    assert order.problems == ()
    assert all(not piece.field.startswith("lines") for piece in order.evidence)


def test_json_that_is_no_order_is_none():
    assert [order.kind for order in read('{"hello": 1}')] == [Kind.NOT_AN_ORDER]
    assert [order.kind for order in read("[]")] == [Kind.NOT_AN_ORDER]


def test_phones_without_a_code_are_dialled_in_the_channels_country():
    (order,) = read("Ann Lee, 5 Rue Haute, 1000 Bruxelles, 02 555 12 12, 2 x TEA-100", country="BE")
    assert order.ship_to.phone == "+3225551212"


@pytest.mark.parametrize(
    "bite",
    ["a", "1 ", "张", "x ", "@1 ", "-", "A1 ", "A1 2件 ", "广东省 ", "13800138000 ", "+1 234 ", "姓名:", "name: a\n", "Ab ", "我要", "5kg rice ", "a@b.c", "1 Main St ", "(", "1."],
)  # fmt: skip
def test_no_text_takes_long(bite):
    with stopwatch.cpu() as spent:
        read((bite * MAX_CHARS)[:MAX_CHARS])
    assert spent.s < 2


WORDS = st.sampled_from(
    "张三 13800138000 广东省深圳市南山区科技园路1号 A001 2件 B002×3 x @8.5 ， ： : , \n 姓名: 电话: 地址： 商品： John Smith 221B Baker Street London NW1 6XE UK +44 TEA-100 $ 元 【 】 ( - 转801".split(" ")
)  # fmt: skip


@settings(max_examples=120)
@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=120))
def test_any_talk_becomes_one_element_of_the_schema(text):
    (order,) = read(text or "x", InstantMessage)
    assert from_json(to_json(order)) == order
    assert order.kind in (Kind.ORDER, Kind.NOT_AN_ORDER)


def test_a_megabyte_is_answered_at_once():
    with stopwatch.cpu() as spent:
        (order,) = read(b"x " * 500_000)
    assert codes(order) == {"unreadable"}
    assert spent.s < 2


def test_labels_for_company_country_and_number_are_taken():
    found = parse_paste(
        "Company: Acme Ltd\nName: Ann Lee +44 20 7946 0958\nCountry: UK\nAddress: 1 High St, Leeds\nPostcode: LS1 4AP\nPO number: 4711\nItems: A-1 x 2, something else"
    )
    assert (found.company, found.name, found.phone) == ("Acme Ltd", "Ann Lee", "+442079460958")
    assert (found.address.postal_code, found.order_number) == ("LS1 4AP", "4711")
    assert [(line.sku or line.name, line.qty) for line in found.lines] == [("A-1", 2), ("something else", None)]


def test_labelled_parts_of_goods_in_any_order_are_one_line():
    found = parse_paste("商品：绿茶\n数量：3盒\n单价：12.5元\n姓名：张三")
    assert [(line.name, line.qty, line.unit, line.unit_price) for line in found.lines] == [
        ("绿茶", 3, "盒", Decimal("12.5"))
    ]
    assert found.currencies == {"CNY"}


def test_a_labelled_quantity_that_is_none_holds():
    (order,) = read("货号：A-1\n数量：很多\n姓名：张三\n电话：13800138000\n地址：深圳市南山区科技园路1号")
    assert "qty_missing" in codes(order)


def test_goods_stuck_to_a_labelled_address_are_goods():
    found = parse_paste("地址：广东省深圳市南山区科技园路1号 A001 2件\n收货人：张三")
    assert (found.address.lines, [line.sku for line in found.lines]) == (("科技园路1号",), ["A001"])


def test_a_name_on_the_first_line_of_a_labelled_address_is_the_name():
    found = parse_paste("Deliver to:\nPat Roe\n5 Elm St\nAustin, TX 78701")
    assert (found.name, found.address.lines) == ("Pat Roe", ("5 Elm St",))


def test_a_name_before_the_place_without_a_space_is_the_name():
    assert parse_paste("收货地址 张三广东省深圳市南山区科技园路1号").name == "张三"


def test_a_postal_code_among_chinese_words_is_kept():
    assert parse_paste("518000 张三 13800138000 广东省深圳市福田区福华路1号").address.postal_code == "518000"
    assert parse_paste("地址：广东省深圳市福田区福华路1号 邮编：518000").address.postal_code == "518000"
