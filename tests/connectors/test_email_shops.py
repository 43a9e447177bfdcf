"""Shops and marketplaces that tell the seller of a new order by mail: the customer is named inside, the sender is the shop."""

from __future__ import annotations

from decimal import Decimal

from connectors.base import Kind
from tests.connectors.mails import codes, lines_of, mail, one, printed

WOO_PLAIN = """=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=
New Order: #123
=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=

You’ve received the following order from John Doe:

[ORDER #123] (MARCH 1, 2026)

Blue T-Shirt (#TS-BLUE) X 2 = $20.00
    Size: L
Mug (#MUG-1) X 1 = $8.50

==========

Subtotal:\t $28.50
Shipping:\t $5.00 via Flat rate
Payment method:\t Cash on delivery
Total:\t $33.50

BILLING ADDRESS

John Doe
ACME Inc
1 Main Road
Austin, TX 78701
United States (US)
512-555-0123
john@example.com

SHIPPING ADDRESS

Jane Roe
2 Side Road
Austin, TX 78702

Congratulations on the sale.
"""

WOO_HTML = """<html><body><table width="100%"><tr><td><h1>New Order: #124</h1></td></tr><tr><td>
<p>You’ve received the following order from John Doe:</p><h2><a href="#">[Order #124]</a> (March 1, 2026)</h2>
<table class="td"><thead><tr><th>Product</th><th>Quantity</th><th>Price</th></tr></thead><tbody>
<tr><td>Blue T-Shirt (#TS-BLUE)</td><td>2</td><td>&pound;20.00</td></tr>
<tr><td>Mug (#MUG-1)</td><td>1</td><td>&pound;8.50</td></tr></tbody><tfoot>
<tr><th colspan="2">Subtotal:</th><td>&pound;28.50</td></tr><tr><th colspan="2">Discount:</th><td>-&pound;3.50</td></tr>
<tr><th colspan="2">Shipping:</th><td>&pound;5.00 <small>via Flat rate</small></td></tr>
<tr><th colspan="2">Total:</th><td>&pound;30.00</td></tr>
<tr><th colspan="2">Note:</th><td>Leave at the door</td></tr></tfoot></table>
<table id="addresses"><tr><td><h2>Billing address</h2><address>John Doe<br/>1 Main Road<br/>London<br/>SW1A 1AA<br/>
United Kingdom (UK)<br/>john@example.com</address></td><td><h2>Shipping address</h2><address>Jane Roe<br/>2 Side Road<br/>
London<br/>SW1A 2AA<br/>United Kingdom (UK)</address></td></tr></table></td></tr></table></body></html>"""

SHOP = "My Store <wordpress@store.example>"


def test_a_plain_woocommerce_notice_gives_line_totals_back_as_unit_prices():
    order = one(mail("[My Store]: New order #123", WOO_PLAIN, sender=SHOP))
    assert (order.kind, order.channel_order_id) == (Kind.ORDER, "123")
    assert lines_of(order) == [("TS-BLUE", "2", "10.00"), ("MUG-1", "1", "8.50")]
    assert (order.currency, order.totals.total, order.payment.terms) == ("USD", Decimal("33.50"), "cod")
    assert "total_mismatch" not in codes(order)


def test_the_customer_of_a_shop_notice_is_who_ordered_and_not_the_shop():
    found = printed(mail("[My Store]: New order #123", WOO_PLAIN, sender=SHOP))
    assert (found["customer"]["name"], found["customer"]["email"]) == ("John Doe", "john@example.com")
    assert found["bill_to"]["lines"] == ["1 Main Road"]
    assert (found["ship_to"]["name"], found["ship_to"]["postal_code"]) == ("Jane Roe", "78702")


def test_an_html_woocommerce_notice_is_settled_against_its_subtotal():
    order = one(mail("[My Store]: New order #124", html=WOO_HTML, sender=SHOP))
    assert lines_of(order) == [("TS-BLUE", "2", "10.00"), ("MUG-1", "1", "8.50")]
    assert (order.currency, order.totals.discount, order.problems) == ("GBP", Decimal("3.50"), ())
    assert order.buyer_message == "Leave at the door"


def test_addresses_side_by_side_are_kept_apart():
    found = printed(mail("[My Store]: New order #124", html=WOO_HTML, sender=SHOP))
    assert (found["bill_to"]["postal_code"], found["ship_to"]["postal_code"]) == ("SW1A 1AA", "SW1A 2AA")
    assert (found["ship_to"]["city"], found["ship_to"]["country"]) == ("London", "GB")


def test_a_shopify_notice_with_sku_and_price_below_the_goods_is_read():
    body = """Customer Email: dennis@example.com
Dennis Meade placed order #4093 on Jan 24 at 11:34 pm.

Order summary

Audi R8 (2007-2015) Head Unit × 1
SKU: AR8-HU-01
$999.00

Subtotal
$999.00
Total
$999.00 USD

Shipping address
Dennis Meade
192 Waypoint
Tustin, California 92782
United States
+17025691987
"""
    order = one(mail("[wheels] Order #4093 placed by Dennis Meade", body, sender="wheels <support@wheels.example>"))
    assert (order.channel_order_id, lines_of(order)) == ("4093", [("AR8-HU-01", "1", "999.00")])
    assert (order.customer.name, order.customer.email, order.problems) == ("Dennis Meade", "dennis@example.com", ())


def test_an_etsy_sale_is_an_order_without_sku_that_a_person_must_see():
    body = """Congratulations! You made a sale on Etsy.

Your order number is: 3941425315
--------------------------------------------------------
Transaction ID:     4512345678
Item:               Handmade mug, blue
Quantity:           2
Item price:         US$9.16
--------------------------------------------------------
Shipping:           US$5.00
Order Total:        US$23.32

Shipping Address:
Beth Nemchik
807 Jack Russell Lane
WEST CHESTER, PA
19380
United States
USPS could not confirm this address.
Purchase Shipping Label
"""
    order = one(
        mail(
            "You made a sale on Etsy - Ship by Jan 9 - [$23.32, Order #3941425315]", body, sender="transaction@etsy.com"
        )
    )
    assert (order.channel_order_id, lines_of(order)) == ("3941425315", [(None, "2", "9.16")])
    assert (order.lines[0].name, codes(order)) == ("Handmade mug, blue", {"sku_missing"})
    assert order.ship_to is not None
    assert (order.ship_to.lines, order.ship_to.postal_code) == (("807 Jack Russell Lane",), "19380")


def test_an_address_told_label_by_label_is_put_together():
    html = """You have received a new order through your shop.<br><table><tr><th>Product</th><th>SKU</th><th>Price</th><th>Qty</th></tr>
    <tr><td>Dog bed</td><td>DB-1</td><td>AUD 40.00</td><td>2</td></tr></table><b>Shipping address:</b><br>First name: Tom<br>
    Last name: Lee<br>Address: 7 George St<br>Address 2: <br>City: Sydney<br>Country: Australia<br>State: NSW<br>Postcode: 2000<br>"""
    found = printed(mail("New order received", html=html, sender="noreply@pets.example"))
    address = found["ship_to"]
    assert (address["name"], address["lines"], address["city"]) == ("Tom Lee", ["7 George St"], "Sydney")
    assert (address["region"], address["postal_code"], address["country"]) == ("NSW", "2000", "AU")
    assert found["customer"]["email"] is None


def test_a_notice_that_names_only_a_billing_address_delivers_there_with_a_note():
    body = WOO_PLAIN.split("SHIPPING ADDRESS", maxsplit=1)[0]
    order = one(mail("[My Store]: New order #123", body, sender=SHOP))
    assert order.ship_to is not None
    assert order.ship_to.lines == ("1 Main Road",)
    assert [(found.code, found.severity.value) for found in order.problems] == [("address_missing", "note")]


def test_order_markup_gives_the_goods_that_the_text_leaves_out():
    markup = """{"@context": "https://schema.org", "@type": "Order", "orderNumber": "W-5", "acceptedOffer": [{"@type": "Offer",
    "itemOffered": {"@type": "Product", "name": "Widget", "sku": "abc123"}, "price": "9.50", "priceCurrency": "EUR",
    "eligibleQuantity": {"value": 3}}]}"""
    html = f'<script type="application/ld+json">{markup}</script><p>You have received an order from Ann Lee.</p>'
    order = one(mail("New order", html=html, sender="shop@shop.example"))
    assert (order.channel_order_id, order.currency, lines_of(order)) == ("W-5", "EUR", [("abc123", "3", "9.50")])


WOO_WORDS = "You've received the following order from Ann Lee:\n\nOrder #{number} (May 28, 2026)\n\n"


def test_a_shop_that_prints_line_totals_is_read_so_even_without_a_sum():
    body = WOO_WORDS.format(number=771) + "Product    Quantity    Price\n-----\nHook (#H-1)    3    $130.20\n"
    order = one(mail("New customer order (771)", body, sender="shop@us.example"))
    assert lines_of(order) == [("H-1", "3", "43.40")]
    assert order.totals.lines == Decimal("130.20")


def test_rules_drawn_with_lines_divide_a_table():
    rule = "─" * 30
    rows = "House Blend     2    $28.00\nRoll            1     $6.50"
    table = f"Product         Qty    Price\n{rule}\n{rows}\n{rule}\nTotal:               $34.50\n"
    order = one(mail("New Order: #772", WOO_WORDS.format(number=772) + table, sender="shop@us.example"))
    assert [(line.name, line.unit_price) for line in order.lines] == [
        ("House Blend", Decimal("14.00")),
        ("Roll", Decimal("6.50")),
    ]


def test_underlined_headings_open_their_blocks():
    body = (
        "Auftraggeber:\n-----------\nHans Moser\n\nLieferadresse:\n-----------\nHans Moser\nGürtel 9\n1090 Wien\nÖsterreich\n\n"
        "Bestellartikel:\n-----------\n2 x Kaffee 500g  EUR 7,90\n\nRechnungsbetrag: EUR 15,80\n"
    )
    order = one(mail("Neue Bestellung 20260012", body, sender="shop@us.example"))
    assert order.ship_to is not None
    assert (order.ship_to.lines, order.ship_to.city, order.ship_to.country) == (("Gürtel 9",), "Wien", "AT")
    assert (order.customer.name, order.totals.total) == ("Hans Moser", Decimal("15.80"))


def test_a_notice_without_an_order_number_has_no_id():
    order = one(mail("Your parcel is on its way", "The courier brings your parcel today."))
    assert (order.kind, order.channel_order_id) == (Kind.NOT_AN_ORDER, None)
