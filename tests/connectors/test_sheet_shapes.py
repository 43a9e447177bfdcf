"""Whole sheets as people send them: forms, exports of shops, quick orders, and the public samples."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ChannelConfig, Kind, Received, Severity
from connectors.channels.sheet import Sheet
from connectors.output import from_json, to_json
from connectors.sheet_merge import SettingsInvalid
from tests.connectors.sheet_files import ods, xls, xlsx
from tests.connectors.sheet_reading import codes, goods, one, read


def test_a_chinese_sheet_is_understood_whole():
    order = one(
        "订单编号,收货人姓名,联系电话,收货地址,货号,品名,规格,数量,单位,单价(元),金额,下单时间,客户名称,备注\n"
        "D1,张三,13800138000,广东省深圳市南山区科技园路1号,A1,绿茶,500g,2,盒,25.00,50.00,2026-05-01 10:20,某某公司,尽快\n"
    )
    assert (order.currency, order.placed_at.isoformat()) == ("CNY", "2026-05-01T02:20:00+00:00")
    assert (order.ship_to.region, order.ship_to.city, order.ship_to.district) == ("广东省", "深圳市", "南山区")
    assert (order.ship_to.adcode, order.ship_to.name, order.ship_to.phone) == ("440305", "张三", "+8613800138000")
    assert (order.lines[0].options, order.buyer_message) == ({"variant": "500g"}, "尽快")
    assert not order.problems


def test_a_form_with_labels_above_and_sums_below_is_one_order():
    order = one(
        "某某公司采购订单,,,,\n采购单号：,CG1,,下单日期：,2026年5月1日\n收货人：李四,,电话：0755-12345678转801,,\n"
        "收货地址：东莞市长安镇霄边社区1号,,,,\n序号,商品名称,数量,单价（元）,小计（元）\n1,螺丝,10,12.5,125\n2,螺母,5,8,40\n"
        ",,,合计,165\n备注：请尽快发货,,,,\n制单人：王五,,,,\n"
    )
    assert (order.channel_order_id, order.totals.total, order.totals.lines) == (
        "CG1",
        Decimal("165.00"),
        Decimal("165.00"),
    )
    assert (order.ship_to.city, order.ship_to.town, order.ship_to.phone_ext) == ("东莞市", "长安镇", "801")
    assert [line.name for line in order.lines] == ["螺丝", "螺母"]
    assert order.buyer_message == "请尽快发货"


def test_a_western_form_with_a_ship_to_block_is_one_order():
    order = one(
        "Purchase Order,,,,DATE,5/13/2026\n,,,,PO #,7788\nVENDOR,,,SHIP TO,,\nUs Inc,,,Jane Roe,,\n1 Road,,,221 Main St,,\n"
        ',,,"Austin, TX 78701",,\nITEM #,DESCRIPTION,,QTY,UNIT PRICE,TOTAL\nX1,Product,,15,150.00,"2,250.00"\n'
        ',,,,SUBTOTAL,"2,250.00"\n,,,,SHIPPING,10.00\n,,,,TOTAL,"$ 2,260.00"\n'
    )
    assert (order.channel_order_id, order.totals.shipping, order.totals.total) == (
        "7788",
        Decimal("10.00"),
        Decimal("2260.00"),
    )
    assert (order.ship_to.name, order.ship_to.lines, order.ship_to.city) == ("Jane Roe", ("221 Main St",), "Austin")
    assert set(codes(order).values()) == {"currency_missing"}


def test_a_shopify_export_is_understood():
    order = one(
        "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Shipping Name,Shipping Street,Shipping City,Shipping Zip,Shipping Country\n"
        "#1001,jo@example.com,paid,USD,25.00,5.00,0.00,30.00,2,Tea,10.00,TEA,Jo Doe,1 Main St,Boston,'01101,US\n"
        "#1001,jo@example.com,,,,,,,1,Mug,5.00,MUG,,,,,\n"
    )
    assert (order.channel_order_id, order.payment.status, order.payment.terms) == ("#1001", "paid", "prepaid")
    assert (order.totals.total, order.totals.shipping, order.ship_to.postal_code) == (
        Decimal("30.00"),
        Decimal("5.00"),
        "01101",
    )
    assert goods(order) == [("TEA", 2, 10), ("MUG", 1, 5)]
    assert not order.problems


def test_amazons_item_price_is_for_the_whole_line():
    order = one(
        "order-id\torder-item-id\tpurchase-date\tsku\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\trecipient-name"
        "\tship-address-1\tship-city\tship-state\tship-postal-code\tship-country\n"
        "111-1\t123456\t2026-05-01T10:00:00-07:00\tAB-1\t2\tUSD\t20.00\t1.50\t4.99\tBob\t5 Elm St\tAustin\tTX\t78701\tUS\n"
    )
    assert (order.lines[0].unit_price, order.lines[0].total, order.totals.tax) == (10, 20, Decimal("1.50"))
    assert order.placed_at.isoformat() == "2026-05-01T17:00:00+00:00"


def test_a_saved_mapping_wins_over_known_names():
    mapping = json.dumps({"order_number": "Ref1", "sku": "Ware", "qty": "SKU", "ship_to.city": "Ort"})
    order = one("Ref1;Ware;SKU;Ort\nX1;W;3;Bonn\n", mapping=mapping, currency="EUR")
    assert (order.channel_order_id, order.currency, order.lines[0].sku, order.lines[0].qty) == ("X1", "EUR", "W", 3)


@pytest.mark.parametrize(
    ("known", "word"),
    [({"mapping": "{"}, "JSON"), ({"mapping": "[1]"}, "our field"), ({"mapping": '{"colour": "x"}'}, "no field"), ({"currency": "XYZ"}, "currency"), ({"timezone": "Mars/Base"}, "timezone")],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(known, word):
    with pytest.raises(SettingsInvalid, match=word):
        read("PO,SKU,Qty\n", **known)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "PO,SKU,Qty\n",
        "sku,name,price\nA,B,1\n",
        "name,email\nA,b@c.de\n",
        "order number,tracking number\nA,1Z\n",
        "a,b\n1,2\n",
    ],
)
def test_what_holds_no_order_is_no_order_and_no_problem(text):
    order = one(text)
    assert (order.kind, order.lines, order.problems) == (Kind.NOT_AN_ORDER, (), ())


def test_an_unreadable_file_is_one_element_that_says_why():
    order = one(b"%PDF-1.7")
    assert order.kind is Kind.NOT_AN_ORDER
    assert [(found.code, found.severity) for found in order.problems] == [("unreadable", Severity.REFUSE)]
    assert "PDF" in order.problems[0].message


def test_the_same_orders_come_out_of_every_kind_of_file():
    rows = [("PO", "SKU", "Qty", "Price"), ("10000234500", "00123", 2, 8.5), ("10000234500", "A-2", 1, 3)]
    texts = "\n".join(",".join(str(cell) for cell in row) for row in rows)
    found = [one(data) for data in (texts, xlsx(rows), ods(rows), xls())]
    assert all(order == found[0] for order in found[1:])
    assert goods(found[0]) == [("00123", 2, Decimal("8.50")), ("A-2", 1, Decimal("3.00"))]


def test_units_stand_behind_the_quantities_even_without_a_head():
    order = one(xlsx([("SKU", "Quantity", None), ("a", 1.0, None), ("a", 2.0, "box"), ("b", 3.0, "liter")]))
    assert [line.unit for line in order.lines] == [None, "box", "liter"]


def test_more_orders_than_one_file_may_hold_are_refused():
    order = one("PO,SKU,Qty\n" + "".join(f"P{at},a,1\n" for at in range(5_001)))
    assert order.problems[0].code == "unreadable"
    assert "split" in order.problems[0].message


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            *[
                st.sampled_from(
                    [
                        "",
                        "A1",
                        "1",
                        "2,5",
                        "x",
                        "12.50",
                        "EUR",
                        "2026-05-01",
                        "张三",
                        "03/04/2026",
                        "合计",
                        "1E+12",
                        '"',
                    ]
                )
                for _ in range(6)
            ]
        ),
        max_size=12,
    ),
    st.permutations(["PO", "SKU", "Qty", "Price", "Currency", "Date"]),
)
def test_any_cells_become_orders_of_the_schema(rows, heads):
    text = "\n".join(",".join(row) for row in [heads, *rows])
    for order in read(text):
        assert from_json(to_json(order)) == order
        assert order.channel == "dealer"
        assert order.source == "sheet"


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "orders", "lines", "grave"),
    [
        ("edifabric_po.csv", 1, 6, {"currency_missing"}),
        ("import-purchase-orders.csv", 2, 3, {"currency_missing", "price_missing", "address_missing"}),
        ("import-sales-orders.csv", 2, 3, {"currency_missing", "price_missing", "address_missing"}),
        ("oro_demo_order_lines.csv", 12, 49, {"currency_missing", "price_missing", "qty_missing", "address_missing"}),
        ("oro_demo_orders.csv", 12, 0, {"no_lines", "total_mismatch", "status_unknown"}),
        ("oro_quick-order.csv", 1, 14, {"currency_missing", "price_missing", "qty_missing", "qty_invalid", "number_missing", "address_missing"}),
        ("oro_quick-order.xlsx", 1, 14, {"currency_missing", "price_missing", "qty_missing", "qty_invalid", "number_missing", "address_missing"}),
    ],
)  # fmt: skip
def test_a_public_sheet_says_what_a_person_reads_in_it(samples, name, orders, lines, grave):
    found = read((samples / "distributor" / "sheets" / name).read_bytes())
    assert (len(found), sum(len(order.lines) for order in found)) == (orders, lines)
    assert {problem.code for order in found for problem in order.problems if problem.severity != "note"} == grave


@pytest.mark.samples
def test_the_flat_purchase_order_keeps_every_digit(samples):
    order = one((samples / "distributor" / "sheets" / "edifabric_po.csv").read_bytes())
    assert (order.channel_order_id, order.placed_at.isoformat()) == ("10000234500", "2017-05-20T00:00:00+00:00")
    assert [line.line_ref for line in order.lines][:2] == ["001002003", "002003004"]
    assert (order.totals.lines, order.customer.external_id, order.ship_to.region) == (
        Decimal("1020.00"),
        "123456",
        "OH",
    )


def test_a_quick_order_needs_no_head():
    order = one("AB-100,10,box\nAB-101,2\nAB-102,1.5\n")
    assert next((line.sku, line.qty, line.unit) for line in order.lines) == ("AB-100", 10, "box")
    assert len(order.lines) == 3


def test_a_lone_column_of_codes_is_the_sku():
    assert [line.sku for line in one("Item,Qty\nAB-100,1\nAB-101,2\n").lines] == ["AB-100", "AB-101"]
    named = one("Item,Qty\nGreen tea,1\nBlack tea,2\n")
    assert [(line.sku, line.name) for line in named.lines] == [(None, "Green tea"), (None, "Black tea")]


def test_a_file_may_name_itself_in_a_header():
    headers = {"content-disposition": 'attachment; filename="po.pdf"'}
    (order,) = Sheet(ChannelConfig("dealer", "sheet")).translate(Received(body=b"%PDF-1", headers=headers))
    assert "po.pdf" in order.problems[0].message
    (order,) = Sheet(ChannelConfig("dealer", "sheet")).translate(
        Received(body=b"%PDF-1", headers={"x-filename": "a.pdf"})
    )
    assert "a.pdf" in order.problems[0].message


def test_receivers_in_parts_are_put_together():
    order = one(
        "PO,SKU,Qty,First Name (Shipping),Last Name (Shipping),Address 1 (Shipping),Address 2 (Shipping),City (Shipping),"
        "Postcode (Shipping),Country (Shipping),Email (Billing),Phone (Billing),Company (Shipping)\n"
        "A,1,1,Ann,Lee,1 High St,Floor 2,Leeds,LS1 4AP,GB,ann@example.com,+44 20 7946 0958,Acme\n"
    )
    assert (order.ship_to.name, order.ship_to.company, order.ship_to.lines) == (
        "Ann Lee",
        "Acme",
        ("1 High St", "Floor 2"),
    )
    assert (order.customer.email, order.customer.phone) == ("ann@example.com", "+442079460958")


def test_an_invoice_asked_for_is_kept():
    order = one("订单号,货号,数量,发票抬头,税号\nD1,A,1,某某公司,91440300MA5DA1XX0A\n")
    assert (order.invoice.title, order.invoice.tax_id) == ("某某公司", "91440300MA5DA1XX0A")


@pytest.mark.parametrize("city", ["石河子市", "东莞市", "仙桃市"])
def test_chinese_parts_in_columns_get_their_code(city):
    order = one(f"订单号,货号,数量,收件人,手机,市,详细地址\nD1,A,1,张三,13800138000,{city},人民路1号\n")
    assert order.ship_to.city == city
    assert order.ship_to.adcode is not None
    assert order.ship_to.lines == ("人民路1号",)


def test_discounts_and_fees_of_the_order_are_summed():
    order = one(
        "PO,SKU,Qty,Unit Price,Order Discount,Handling Fee,Order Tax,Order Total,Currency\nA,1,2,50,-10,5,7,102,EUR\n"
    )
    assert (order.totals.discount, order.totals.fees, order.totals.tax) == (
        Decimal("10.00"),
        Decimal("5.00"),
        Decimal("7.00"),
    )
    assert codes(order).get("totals.total") is None


def test_a_discount_that_is_none_refuses_its_row():
    assert codes(one("PO,SKU,Qty,Price,Discount\nA,1,2,50.00,some\n"))["rows.2.discount"] == "row_invalid"


def test_an_order_total_that_is_no_amount_is_named():
    order = one("PO,SKU,Qty,Price,Order Total\nA,1,2,50.00,lots\n")
    assert codes(order)["rows.2.totals.total"] == "row_invalid"


def test_totals_that_differ_by_row_are_those_of_the_rows():
    order = one("PO,SKU,Qty,Unit Price,Shipping,Total\nA,1,2,5.00,0,10.00\nA,2,1,5.00,0,6.00\n")
    assert codes(order)["lines.1.total"] == "total_mismatch"
    assert order.totals.total is None
