"""采购订单 by mail: labels, tables and sentences in Chinese, in the character sets that Chinese mailers use."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest

from connectors.base import Kind
from tests.connectors.mails import codes, lines_of, mail, one, printed

LETTER = """您好，

请按以下采购订单供货：

采购单号：CG20260301
公司：上海某某贸易有限公司
收货人：张三　电话：138 0013 8000
收货地址：广东省深圳市南山区科技园1号A座
交货日期：2026年3月20日
付款方式：月结30天

货号    品名    数量    单位    单价    金额
A-001   螺丝刀   100     把     5.00    500.00
A-002   锤子     20      把     25.50   510.00

合计：1010.00元

备注：请尽快发货
"""


def test_a_chinese_purchase_order_is_read_whole_and_without_a_problem():
    order = one(mail("采购订单 CG20260301", LETTER, sender="张三 <zhang@corp.example>"))
    assert (order.kind, order.channel_order_id, order.problems) == (Kind.ORDER, "CG20260301", ())
    assert lines_of(order) == [("A-001", "100", "5.00"), ("A-002", "20", "25.50")]
    assert (order.currency, order.totals.total, order.payment.terms) == ("CNY", Decimal("1010.00"), "account")
    assert order.buyer_message == "请尽快发货"


def test_receiver_and_divisions_of_a_chinese_address_are_found():
    found = printed(mail("采购订单 CG20260301", LETTER))
    address = found["ship_to"]
    assert (address["name"], address["phone"]) == ("张三", "+8613800138000")
    assert (address["region"], address["city"], address["district"]) == ("广东省", "深圳市", "南山区")
    assert (address["country"], address["adcode"]) == ("CN", "440305")
    assert found["customer"]["company"] == "上海某某贸易有限公司"
    assert found["requested"]["deliver_by"] == "2026-03-20T00:00:00Z"


def test_an_html_form_of_labels_and_a_table_are_read():
    html = """<p>您好</p><table border=1><tr><td>订单编号</td><td>PO2026-88</td><td>日期</td><td>2026-03-01</td></tr>
    <tr><td>联系人</td><td>李四</td><td>联系电话</td><td>021-55556666</td></tr>
    <tr><td>送货地址</td><td colspan=3>上海市浦东新区世纪大道100号</td></tr></table><table border=1>
    <tr><th>序号</th><th>商品编码</th><th>商品名称</th><th>规格</th><th>数量</th><th>含税单价（元）</th><th>金额（元）</th></tr>
    <tr><td>1</td><td>SP-100</td><td>打印纸</td><td>A4</td><td>10</td><td>25.00</td><td>250.00</td></tr>
    <tr><td>2</td><td>SP-101</td><td>墨盒</td><td>黑色</td><td>5</td><td>100</td><td>500.00</td></tr>
    <tr><td colspan=6>合计</td><td>750.00</td></tr></table>"""
    order = one(mail("采购订单", html=html))
    assert (order.channel_order_id, order.problems) == ("PO2026-88", ())
    assert lines_of(order) == [("SP-100", "10", "25.00"), ("SP-101", "5", "100.00")]
    assert (order.currency, order.lines[0].options, order.lines[1].line_ref) == ("CNY", {"规格": "A4"}, "2")
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.phone) == ("李四", "+862155556666")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("我要订 5 箱 ABC-123", ("ABC-123", "5", "箱")),
        ("请发一百个 螺丝刀 货号：LSD-7", ("LSD-7", "100", "个")),
        ("我们需要采购 ABC-123 十二盒", ("ABC-123", "12", "盒")),
        ("订购ABC-123 10个", ("ABC-123", "10", "个")),
    ],
)
def test_goods_in_a_chinese_sentence_are_read(sentence, expected):
    (line,) = one(mail("订货", f"你好，\n{sentence}\n谢谢\n")).lines
    assert (line.sku, str(line.qty), line.unit) == expected


def test_receiver_and_phone_behind_an_address_in_a_sentence_are_found():
    body = "你好，我要订 5 箱 ABC-123 和 3个XYZ-9，送到上海市浦东新区世纪大道100号，李四 13800138000。\n"
    order = one(mail("订货", body))
    assert [(line.sku, str(line.qty)) for line in order.lines] == [("ABC-123", "5"), ("XYZ-9", "3")]
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.phone) == ("李四", "+8613800138000")
    assert order.ship_to.lines == ("世纪大道100号",)


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030", "utf-8", "big5-is-a-lie"])
@pytest.mark.parametrize("encoding", ["base64", "8bit"])
def test_a_declared_or_wrong_character_set_is_survived(charset, encoding):
    real = "gb18030" if charset.startswith(("gb", "big5")) else charset
    body = "我们需要采购以下商品：\n货号：A-1  数量：10个  单价：5.00元\n收货地址：北京市海淀区中关村大街27号\n收货人：王五\n".encode(
        real
    )
    subject = base64.b64encode("采购单 PO-77".encode("gbk")).decode()
    head = (
        f"From: zhang@corp.example\r\nSubject: =?gbk?B?{subject}?=\r\nContent-Type: text/plain; charset={charset}\r\n"
    )
    head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    order = one(head.encode() + (base64.encodebytes(body) if encoding == "base64" else body))
    assert (order.channel_order_id, lines_of(order)) == ("PO-77", [("A-1", "10", "5.00")])
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.district) == ("王五", "海淀区")


def test_a_shop_notice_with_area_and_street_apart_is_one_address():
    body = """订单信息

订单编号: 20260302888 订单状态: 未付款
下单时间: 2026-03-02 10:00 商品总金额: ￥150.00
配送方式: 快递 商品运费: ￥10.00
支付总额: ￥160.00

编号 商品名称 单价 数量 小计
G001 保温杯 50.00 3 150.00

收货人姓名: 赵六 配送地区: 浙江省杭州市西湖区
收货人电话: 13700001111 电子邮箱: zhao@x.example
收货人地址: 文三路100号
"""
    order = one(mail("订单通知", body, sender="shop@x.example"))
    assert (order.channel_order_id, lines_of(order)) == ("20260302888", [("G001", "3", "50.00")])
    assert (order.totals.shipping, order.totals.total, codes(order)) == (Decimal("10.00"), Decimal("160.00"), set())
    assert order.ship_to is not None
    assert (order.ship_to.district, order.ship_to.lines) == ("西湖区", ("文三路100号",))


def test_a_phone_behind_the_receivers_name_is_no_part_of_it():
    body = "采购订单 PO20260309\n货号 数量 单价\nM-001 5 2.00\n合计（元）：10.00\n收货地址：江苏省苏州市姑苏区人民路8号\n收货人：李明 13812345678\n"
    order = one(mail("采购订单 PO20260309", body))
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.phone, order.currency) == ("李明", "+8613812345678", "CNY")
