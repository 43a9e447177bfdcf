"""Pasted blocks in any order, English and Chinese: who, where, what, and nothing made up."""

from __future__ import annotations

import json
import time
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

SHENZHEN = ("广东省", "深圳市", "南山区", ("科技园路1号",))
LONDON = (None, "London", None, ("221B Baker Street",))

#: Block -> (name, phone, (region, city, district, lines), [(sku or name, qty)]).
BLOCKS: dict[str, tuple[object, ...]] = {
    "张三 13800138000 广东省深圳市南山区科技园路1号 A001 2件 B002×3": ("张三", "+8613800138000", SHENZHEN, [("A001", 2), ("B002", 3)]),
    "收货人：李四，电话：0755-12345678转801，地址：广东省深圳市南山区科技园路1号，A001 2件": ("李四", "+8675512345678", SHENZHEN, [("A001", 2)]),
    "John Smith, 221B Baker Street, London NW1 6XE, UK, +44 20 7946 0958, 2 x TEA-100, 1 x MUG-7 @ 8.50": ("John Smith", "+442079460958", LONDON, [("TEA-100", 2), ("MUG-7", 1)]),
    "John Smith 221B Baker Street London NW1 6XE UK +44 20 7946 0958 2 x TEA-100 1 x MUG-7 @ 8.50": ("John Smith", "+442079460958", LONDON, [("TEA-100", 2), ("MUG-7", 1)]),
    "张三13800138000广东省深圳市南山区科技园路1号A001 2件": ("张三", "+8613800138000", SHENZHEN, [("A001", 2)]),
    "广东省深圳市南山区科技园路1号张三13800138000": ("张三", "+8613800138000", SHENZHEN, []),
    "13800138000，A001*2，张三，广东省深圳市南山区科技园路1号": ("张三", "+8613800138000", SHENZHEN, [("A001", 2)]),
    "A001 2件，广东省深圳市南山区科技园路1号，13800138000，张三": ("张三", "+8613800138000", SHENZHEN, [("A001", 2)]),
    "张三，13800138000，广东省深圳市南山区科技园路1号，A001，2件": ("张三", "+8613800138000", SHENZHEN, [("A001", 2)]),
    "A001,2\nB002,3\n张三,13800138000,广东省深圳市南山区科技园路1号": ("张三", "+8613800138000", SHENZHEN, [("A001", 2), ("B002", 3)]),
    "你好，我要2件A001，3箱可乐，寄到北京市朝阳区建国路88号SOHO现代城A座1201，王小明收，电话139 1234 5678，谢谢": ("王小明", "+8613912345678", ("北京市", "北京市", "朝阳区", ("建国路88号SOHO现代城A座1201",)), [("A001", 2), ("可乐", 3)]),
    "姓名：王五\n手机：138-0013-8000\n地址：上海市浦东新区张江镇碧波路690号5号楼\n商品：\nA001 x 2\nB-02 绿茶 3盒 单价12.5元\n备注：周末送货": ("王五", "+8613800138000", ("上海市", "上海市", "浦东新区", ("碧波路690号5号楼",)), [("A001", 2), ("B-02", 3)]),
    "Name: Jane Doe\nPhone: (415) 555-2671\nAddress: 1600 Amphitheatre Parkway, Mountain View, CA 94043, USA\nItems: 2 boxes of green tea @ $8.50; TEA-100 x 5": ("Jane Doe", "+14155552671", ("CA", "Mountain View", None, ("1600 Amphitheatre Parkway",)), [("green tea", 2), ("TEA-100", 5)]),
    "A001 2件\nB002 3件\n李雷 13912345678\n浙江省杭州市余杭区文一西路969号": ("李雷", "+8613912345678", ("浙江省", "杭州市", "余杭区", ("文一西路969号",)), [("A001", 2), ("B002", 3)]),
    "收件人: 欧阳娜娜\n手机号码: 15012345678-1234\n所在地区: 江苏省苏州市昆山市玉山镇\n详细地址: 前进路1号\n订购: 大闸蟹 4只": ("欧阳娜娜", "+8615012345678", ("江苏省", "苏州市", "昆山市", ("前进路1号",)), [("大闸蟹", 4)]),
    "please send 3 x ABC-1 to Bob Brown, 12 High Street, Leeds, LS1 4AP, United Kingdom. Phone 0113 496 0000. Thanks!": ("Bob Brown", "+441134960000", (None, "Leeds", None, ("12 High Street",)), [("ABC-1", 3)]),
    "王芳女士 (0571)87654321 杭州市西湖区文三路 100 号 苹果10斤 香蕉5斤": ("王芳", "+8657187654321", ("浙江省", "杭州市", "西湖区", ("文三路100号",)), [("苹果", 10), ("香蕉", 5)]),
    "Max Mustermann\nMusterstraße 12\n10115 Berlin\nDeutschland\n+49 30 901820\nTEA-100 5": ("Max Mustermann", "+4930901820", (None, "Berlin", None, ("Musterstraße 12",)), [("TEA-100", 5)]),
    "深圳市腾飞科技有限公司 赵六 0755-26001234-801 深圳市宝安区西乡街道宝源路1号 订购 螺丝M4 100个": ("赵六", "+8675526001234", ("广东省", "深圳市", "宝安区", ("宝源路1号",)), [("螺丝M4", 100)]),
    "ship to: Acme Ltd, Unit 5, Park Road, Manchester M1 1AE, UK; contact: Ann Lee; tel: +44 161 496 0000; order: WID-1 x 10, WID-2 x 5": ("Ann Lee", "+441614960000", (None, "Manchester", None, ("Unit 5", "Park Road")), [("WID-1", 10), ("WID-2", 5)]),
    "SKU: A001, Qty: 2, Price: 8.5\nSKU: B002, Qty: 1, Price: 3\nName: Tom Hanks, Address: 5 Elm St, Austin, TX 78701": ("Tom Hanks", None, ("TX", "Austin", None, ("5 Elm St",)), [("A001", 2), ("B002", 1)]),
    "李明/13700001111/四川省成都市武侯区天府大道1号/货号A-100 3件": ("李明", "+8613700001111", ("四川省", "成都市", "武侯区", ("天府大道1号",)), [("A-100", 3)]),
    "香港九龙油尖旺区弥敦道1号 陈大文 +852 2345 6789 A001 x1": ("陈大文", "+85223456789", ("香港特别行政区", "九龙", "油尖旺区", ("弥敦道1号",)), [("A001", 1)]),
    "订单：A001 两件，B002 三件。收货人：张伟 电话：18612345678 地址：新疆石河子市北三路1号": ("张伟", "+8618612345678", ("新疆维吾尔自治区", "石河子市", None, ("北三路1号",)), [("A001", 2), ("B002", 3)]),
    "联系人 孙悦 电话 13500001234 地址 重庆渝北区金开大道1号 数量 3 货号 K-9": ("孙悦", "+8613500001234", ("重庆市", "重庆市", "渝北区", ("金开大道1号",)), [("K-9", 3)]),
    "Hi, could you send 5 boxes of Earl Grey and 3 x MUG-7 to Sarah O'Connor, 45 Rue de la Paix, 75002 Paris, France? +33 1 42 60 00 00": ("Sarah O'Connor", "+33142600000", (None, "Paris", None, ("45 Rue de la Paix",)), [("Earl Grey", 5), ("MUG-7", 3)]),
    "Order for tomorrow: 10 kg rice, 5 kg flour. Deliver to Blue Cafe, 7 Harbour Street, Cork, Ireland. Call +353 21 427 0000": ("Blue Cafe", "+353214270000", (None, "Cork", None, ("7 Harbour Street",)), [("rice", 10), ("flour", 5)]),
    "要货：可口可乐24瓶装 3箱、农夫山泉 5箱，送成都市锦江区春熙路1号，联系人 刘先生 13912345678": ("刘先生", "+8613912345678", ("四川省", "成都市", "锦江区", ("春熙路1号",)), [("可口可乐24瓶装", 3), ("农夫山泉", 5)]),
    "收货人 陈晨\n手机 13812345678\n省市区 湖南省长沙市岳麓区\n详细地址 麓山南路2号\n商品 A-1 x2，B-2 x1": ("陈晨", "+8613812345678", ("湖南省", "长沙市", "岳麓区", ("麓山南路2号",)), [("A-1", 2), ("B-2", 1)]),
    "【收件人】王丽 【电话】13312345678 【地址】湖北省仙桃市沙嘴街道宏达路1号 【商品】A100*3": ("王丽", "+8613312345678", ("湖北省", "仙桃市", None, ("宏达路1号",)), [("A100", 3)]),
    "1、A001 2件\n2、B002 5件\n收货信息：周杰 18899990000 福建省厦门市思明区环岛路1号": ("周杰", "+8618899990000", ("福建省", "厦门市", "思明区", ("环岛路1号",)), [("A001", 2), ("B002", 5)]),
    "Maria Garcia\nCalle Mayor 1\n28013 Madrid\nSpain\nmaria@example.com\n+34 612 345 678\n\nTEA-100 x 2\nMUG-7 x 1\n": ("Maria Garcia", "+34612345678", (None, "Madrid", None, ("Calle Mayor 1",)), [("TEA-100", 2), ("MUG-7", 1)]),
    "Ship to:\nJohn Q. Public\n123 Main Street, Apt 4B\nNew York, NY 10001\n(212) 555-0123\n\nItems:\n- 2 x WIDGET-001 @ $19.99\n- 1 x GADGET-9 @ $5\n\nNote: gift wrap": ("John Q. Public", "+12125550123", ("NY", "New York", None, ("123 Main Street", "Apt 4B")), [("WIDGET-001", 2), ("GADGET-9", 1)]),
    "李女士 021-62345678 上海市静安区南京西路1266号恒隆广场50楼 红酒 6瓶 单价¥128": ("李女士", "+862162345678", ("上海市", "上海市", "静安区", ("南京西路1266号恒隆广场50楼",)), [("红酒", 6)]),
    "A001 2件 @12.5 广东省佛山市顺德区大良街道1号 何总 13700000000 月结": ("何总", "+8613700000000", ("广东省", "佛山市", "顺德区", ("1号",)), [("A001", 2)]),
    "ATTN: Purchasing, Acme GmbH, Hauptstr. 5, 80331 München, Germany. We need 100 pcs of ABC-200 and 50 ABC-300. Tel 089 1234567": ("Purchasing", "+49891234567", (None, "München", None, ("Hauptstr. 5",)), [("ABC-200", 100), ("ABC-300", 50)]),
    "王五 13800138000-1234 【1234】北京市朝阳区望京街道阜通东大街6号院 A1*1": ("王五", "+8613800138000", ("北京市", "北京市", "朝阳区", ("阜通东大街6号院",)), [("A1", 1)]),
    "A001 2件 A001 3件 张三 13800138000 广东省深圳市南山区科技园路1号": ("张三", "+8613800138000", SHENZHEN, [("A001", 2), ("A001", 3)]),
    "赵敏 15811112222 15833334444 江苏省南京市鼓楼区中山北路1号 A001×1": ("赵敏", "+8615811112222", ("江苏省", "南京市", "鼓楼区", ("中山北路1号",)), [("A001", 1)]),
    "sku A001 qty 2, sku B002 qty 5, Tom Lee, 9 Nathan Road, Hong Kong, +852 2345 6789": ("Tom Lee", "+85223456789", (None, None, None, ("9 Nathan Road",)), [("A001", 2), ("B002", 5)]),
    "3x Blue Pen (BP-01), 2x Red Pen (RP-02)\nJane Roe\n10 Downing Street\nLondon\nSW1A 2AA": ("Jane Roe", None, (None, "London", None, ("10 Downing Street",)), [("BP-01", 3), ("RP-02", 2)]),
    "张三丰 13800138000 广东深圳南山科技园路1号 A001 2件": ("张三丰", "+8613800138000", SHENZHEN, [("A001", 2)]),
    "收货人：司马光，电话 13800138000，地址：陕西西安雁塔区小寨东路1号，苹果 3 斤，梨 2 斤": ("司马光", "+8613800138000", ("陕西省", "西安市", "雁塔区", ("小寨东路1号",)), [("苹果", 3), ("梨", 2)]),
    "地址:吉林市昌邑区解放路1号 姓名:马超 电话:0432-62345678 货物:钢管 20根": ("马超", "+8643262345678", ("吉林省", "吉林市", "昌邑区", ("解放路1号",)), [("钢管", 20)]),
    "请尽快安排发货，谢谢！张三 13800138000 广东省深圳市南山区科技园路1号 A001 10箱 含税 开发票": ("张三", "+8613800138000", SHENZHEN, [("A001", 10)]),
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_says_who_where_and_what(block):
    found = parse_paste(block)
    place = found.address
    assert place is not None
    told = (place.region, place.city, place.district, place.lines)
    goods = [(line.sku or line.name, line.qty) for line in found.lines]
    assert (found.name, found.phone, told, goods) == BLOCKS[block]


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
    began = time.monotonic()
    read((bite * MAX_CHARS)[:MAX_CHARS])
    assert time.monotonic() - began < 2


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
    began = time.monotonic()
    (order,) = read(b"x " * 500_000)
    assert codes(order) == {"unreadable"}
    assert time.monotonic() - began < 2


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
    assert found.currency == "CNY"


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
