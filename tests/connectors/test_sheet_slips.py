"""What people send by a slip: formulas that fail, heads in two languages, units that contradict each other."""

from __future__ import annotations

import pytest

from connectors.base import Severity
from oms.verification.problems_zh import in_chinese
from tests.connectors.mails import mail, translate
from tests.connectors.sheet_files import xlsx
from tests.connectors.sheet_reading import codes, goods, one, read


@pytest.mark.parametrize("fault", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "########"])
@pytest.mark.parametrize(("head", "place"), [("PO", 0), ("SKU", 1), ("Price", 3), ("Address", 4)])
def test_a_cell_that_a_spreadsheet_could_not_fill_refuses_its_row_and_joins_no_order(fault, head, place):
    rows = [["A", "TEA-1", "2", "5", "1 High St"], ["B", "CUP-9", "3", "7", "2 High St"], ["", "MUG-7", "1", "4", ""]]
    rows[1][place] = fault
    orders = read("PO,SKU,Qty,Price,Address\n" + "\n".join(map(",".join, rows)) + "\n")
    first, second = orders
    assert (first.channel_order_id, goods(first)) == ("A", [("TEA-1", 2, 5)])
    assert goods(second) == [("MUG-7", 1, 4)]
    (told,) = [found for found in second.problems if found.field.startswith("rows.3.")]
    assert (told.code, told.severity) == ("row_invalid", Severity.REFUSE)
    assert f"row 3: column '{head}': {fault} is no value" in told.message
    assert "表格错误" in in_chinese(told.message)


def test_orders_whose_numbers_a_spreadsheet_lost_are_not_one_order():
    orders = read("PO,SKU,Qty\n#N/A,TEA-1,2\n#N/A,CUP-9,3\n")
    assert [(order.channel_order_id, order.lines) for order in orders] == [(None, ()), (None, ())]


def test_a_workbooks_row_whose_number_failed_goes_on_with_no_other_order():
    first, second = read(xlsx([("PO", "SKU", "Qty"), ("A", "TEA-1", 2), ("#REF!", "CUP-9", 3)]))
    assert (first.channel_order_id, goods(first)) == ("A", [("TEA-1", 2, None)])
    assert (second.channel_order_id, second.lines) == (None, ())
    assert any("row 3: column 'PO': #REF! is no value" in found.message for found in second.problems)


def test_a_code_that_begins_with_a_hash_is_a_code():
    assert goods(one("PO,SKU,Qty\n#1001,#A-7,2\n")) == [("#A-7", 2, None)]


@pytest.mark.parametrize("by", [" ", "/", "\n", " / "])
def test_heads_in_two_languages_are_read(by):
    heads = [
        f"订单号{by}Order No.",
        f"货号{by}Item No.",
        f"品名{by}Description",
        f"数量{by}Qty",
        f"单价{by}Unit Price",
        f"收货人{by}Consignee",
        f"地址{by}Address",
        f"交货期{by}Delivery Date",
    ]
    text = (
        ",".join(f'"{head}"' for head in heads) + "\nDD1,A-1,绿茶,2,5,张伟,广东省深圳市南山区科技园路1号,2026-12-04\n"
    )
    order = one(text, currency="CNY")
    assert (order.channel_order_id, goods(order), order.lines[0].name) == ("DD1", [("A-1", 2, 5)], "绿茶")
    assert (order.ship_to.name, order.ship_to.city, f"{order.requested.deliver_by:%Y-%m}") == (
        "张伟",
        "深圳市",
        "2026-12",
    )


@pytest.mark.parametrize(
    "heads",
    [
        "商品編號,商品名稱,數量,單價", "品番,商品名,数量,単価", "Réf.,Désignation,Qté,Prix unitaire", "Réf,Libellé,Quantité,PU HT", "Código,Descripción,Cant.,Precio",
        "Codice,Descrizione,Q.tà,Prezzo", "Artikelnr.,Artikel,Anz.,Preis", "Artikelnummer,Omschrijving,Aantal,Prijs", "Varenr,Beskrivelse,Antal,Pris", "Art.-Nr.,Bezeichnung,Menge,EP",
        "Código,Descrição,Qtde,Preço", "Артикул,Наименование,Кол-во,Цена", "Reference,Description,Qty,Price",
    ],
)  # fmt: skip
def test_heads_of_other_countries_are_read(heads):
    order = one(f"{heads}\nA-1,Tea,2,5\nB-1,Cup,3,7\n")
    assert (order.channel_order_id, goods(order), order.lines[0].name) == (None, [("A-1", 2, 5), ("B-1", 3, 7)], "Tea")


def test_an_order_of_traditional_chinese_has_its_receiver():
    order = one(
        "訂單編號,收件人,聯絡電話,收件地址,商品編號,數量,單價,備註\nTW-1,陳小明,0912345000,台北市信義區信義路五段9號,A-1,2,5,請按門鈴\n",
        currency="TWD",
    )
    assert (order.channel_order_id, goods(order), order.ship_to.name) == ("TW-1", [("A-1", 2, 5)], "陳小明")
    assert order.buyer_message == "請按門鈴"


def test_a_reference_beside_a_receiver_or_another_number_is_the_orders():
    assert one("Reference,Name,Address,City,Description,Qty\nR-1,Ann,1 High St,Leeds,Tea,2\n").channel_order_id == "R-1"
    assert one("Ref,SKU,Qty\nR-1,A-1,2\n").channel_order_id == "R-1"
    assert one("Ref,Description,Qty\nR-1,Tea,2\n", mapping='{"order_number": "Ref"}').channel_order_id == "R-1"


@pytest.mark.parametrize("head", ["USD单价", "数量 shipped", "Old 单价"])
def test_a_head_whose_letters_say_something_else_is_another_head(head):
    order = one(f"PO,SKU,Qty,{head}\nA,TEA-1,2,5\n")
    assert goods(order) == [("TEA-1", 2, None)]


@pytest.mark.parametrize(("cell", "unit"), [("2 boxes", "EA"), ("2箱", "件"), ("2 dozen", "pcs"), ("2 kg", "box")])
def test_a_quantity_that_counts_in_something_else_than_its_column_is_asked_about(cell, unit):
    order = one(f"PO,SKU,Qty,Unit\nA,TEA-1,{cell},{unit}\n")
    assert codes(order)["lines.0.qty"] == "qty_invalid"
    message = next(found.message for found in order.problems if found.field == "lines.0.qty")
    assert f"counts in {cell.lstrip('2 ')}, column 'Unit' in {unit}" in message
    assert "为准" in in_chinese(message)


@pytest.mark.parametrize(
    ("cell", "unit"),
    [("2 pcs", "EA"), ("2件", "个"), ("2 boxes", "BX"), ("2 cs", "case"), ("2箱", "箱"), ("2", "box"), ("2 kg", "KGS")],
)
def test_a_quantity_in_the_same_unit_as_its_column_is_read(cell, unit):
    assert "lines.0.qty" not in codes(one(f"PO,SKU,Qty,Unit\nA,TEA-1,{cell},{unit}\n"))


@pytest.mark.parametrize(
    "heads", ["Réf|Désignation|Qté|Prix unitaire", "商品編號|商品名稱|數量|單價", "Código|Descripción|Cant.|Precio"]
)
def test_a_mails_table_has_the_heads_that_a_sheet_has(heads):
    cells = [heads.split("|"), ["A-1", "Tea", "2", "5.00"], ["B-1", "Cup", "3", "7.00"]]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    (order,) = translate(
        mail("Purchase order PO-4711", html=f"<p>Please supply:</p><table>{table}</table>"), currency="EUR"
    )
    assert goods(order) == [("A-1", 2, 5), ("B-1", 3, 7)]
