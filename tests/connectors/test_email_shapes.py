"""One small order in many shapes that people and systems give it; each must come out the same."""

from __future__ import annotations

import pytest

from connectors.base import Kind
from tests.connectors.mails import codes, lines_of, mail, one

ADDRESS = "Jane Roe\n5 Elm Street\nPortland, OR 97201\nUSA\n"

PLAIN = {
    "labels on one line": f"We order:\nSKU: AB-1  Qty: 4  Price: EUR 2.50\n\nShip to:\n{ADDRESS}",
    "labels on lines": f"We order:\nItem: AB-1\nQuantity: 4\nUnit price: EUR 2.50\n\nShip to:\n{ADDRESS}",
    "a sentence": f"Please ship 4 x AB-1 @ EUR 2.50 to\n\n{ADDRESS}",
    "pipes": f"We order:\n\n| Part No | Qty | Unit Price |\n|---|---|---|\n| AB-1 | 4 | €2.50 |\n\nDeliver to:\n{ADDRESS}",
    "tabs": f"We order:\n\nSKU\tQty\tPrice (EUR)\nAB-1\t4\t2.50\n\nDelivery address:\n{ADDRESS}",
    "commas": f"We order:\n\nSKU,Quantity,Price\nAB-1,4,2.50\nTotal: 10.00 EUR\n\nShip to:\n{ADDRESS}",
    "single spaces": f"We order:\nQty Part Description Price\n4 AB-1 Blue widget large 2.50\nTotal: 10.00 EUR\n\nShip to:\n{ADDRESS}",
    "an address on one line": "We order 4 x AB-1 @ EUR 2.50\nShip to: Jane Roe, 5 Elm Street, Portland, OR 97201, USA\n",
    "an address in a sentence": "We order 4 x AB-1 @ EUR 2.50.\nPlease deliver to Jane Roe, 5 Elm Street, Portland, OR 97201 by 2026-12-05.\n",
    "a signature below": f"We order 4 x AB-1 @ EUR 2.50\nShip to:\n{ADDRESS}\n-- \nBob\n9 x ZZ-9 is my locker\n",
}
TABLE = "<table><tr><th>SKU</th><th>Description</th><th>Qty</th><th>Unit Price</th></tr>{row}</table>"
ROW = "<tr><td>AB-1</td><td>Widget</td><td>4</td><td>€2.50</td></tr>"
HTML_ADDRESS = "Jane Roe<br>5 Elm Street<br>Portland, OR 97201<br>USA"
HTML = {
    "a table": f"<p>We order:</p>{TABLE.format(row=ROW)}<p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a table in a table": f"<p>We order:</p><table><tr><td>{TABLE.format(row=ROW)}</td></tr></table><p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a form and a table": f"<p>We order</p><table><tr><th>Shipping Address</th><td>{HTML_ADDRESS}</td></tr></table>{TABLE.format(row=ROW)}",
    "a list": f"<p>We order:</p><ul><li>4 x AB-1 @ €2.50</li></ul><p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a list of terms": "<p>We order</p><dl><dt>SKU</dt><dd>AB-1</dd><dt>Quantity</dt><dd>4</dd><dt>Unit price</dt><dd>EUR 2.50</dd>"
    "<dt>Ship to</dt><dd>Jane Roe, 5 Elm Street, Portland, OR 97201, USA</dd></dl>",
    "boxes": f"<div>We order</div><div>Product: Widget (SKU: AB-1)</div><div>Quantity: 4</div><div>Price: €2.50</div><div>Ship to:</div>"
    f"<div>{HTML_ADDRESS}</div>",
    "hidden text": f'<p>We order:</p><div style="display:none">9 x ZZ-9</div>{TABLE.format(row=ROW)}<p>Ship to:<br>{HTML_ADDRESS}</p>',
}  # fmt: skip


def check(raw: bytes) -> None:
    order = one(raw)
    assert (order.kind, order.channel_order_id) == (Kind.ORDER, "PO-7")
    assert lines_of(order) == [("AB-1", "4", "2.50")]
    assert (order.currency, codes(order)) == ("EUR", set())
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.lines) == ("Jane Roe", ("5 Elm Street",))
    assert (order.ship_to.city, order.ship_to.postal_code, order.ship_to.country) == ("Portland", "97201", "US")


@pytest.mark.parametrize("shape", PLAIN)
def test_a_plain_order_is_the_same_in_every_shape(shape):
    check(mail("PO-7", f"Hello,\n\n{PLAIN[shape]}\nThanks\n"))


@pytest.mark.parametrize("shape", HTML)
def test_an_html_order_is_the_same_in_every_shape(shape):
    check(mail("PO-7", html=f"<html><head><style>p {{}}</style></head><body>{HTML[shape]}</body></html>"))


@pytest.mark.parametrize("shape", HTML)
def test_of_plain_and_html_the_richer_is_read(shape):
    check(mail("PO-7", "Please see the HTML part.", html=HTML[shape]))


GONE = '<tr style="text-decoration:line-through"><td>ZZ-9</td><td>Bolt</td><td>9</td><td>€1.00</td></tr>'
STRUCK = {
    "a price in a list": f"<p>We order:</p><ul><li>4 x AB-1 <del>€3.00</del> €2.50</li></ul><p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a price in a table": f"<p>We order:</p>{TABLE.format(row=ROW.replace('€2.50', '€2.50 <s>€3.00</s>'))}<p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a quantity": f"<p>We order:</p><ul><li><strike>9</strike> 4 x AB-1 @ €2.50</li></ul><p>Ship to:<br>{HTML_ADDRESS}</p>",
    "the cells of a row": f"<p>We order:</p>{TABLE.format(row=ROW + '<tr><td><del>ZZ-9</del></td><td><del>Bolt</del></td><td><del>9</del></td><td><del>€1</del></td></tr>')}<p>Ship to:<br>{HTML_ADDRESS}</p>",
    "a row": f"<p>We order:</p>{TABLE.format(row=ROW + GONE)}<p>Ship to:<br>{HTML_ADDRESS}</p>",
    "goods in a list": f"<p>We order:</p><ul><li>4 x AB-1 @ €2.50</li><li><span style='color:red; text-decoration-line: line-through'>9 x ZZ-9 @ €1.00</span></li></ul><p>Ship to:<br>{HTML_ADDRESS}</p>",
}  # fmt: skip


@pytest.mark.parametrize("shape", STRUCK)
def test_what_is_crossed_out_is_neither_ordered_nor_charged(shape):
    check(mail("PO-7", html=STRUCK[shape]))


@pytest.mark.parametrize("shape", STRUCK)
def test_plain_text_that_cannot_cross_out_is_not_read_beside_html_that_does(shape):
    check(
        mail(
            "PO-7", f"We order:\n\n4 x AB-1 @ EUR 2.50\n9 x ZZ-9 @ EUR 1.00\n\nShip to:\n{ADDRESS}", html=STRUCK[shape]
        )
    )
