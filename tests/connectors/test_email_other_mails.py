"""What is no order and must never become one: notices, auto-replies, bounces, spam, advertising, questions."""

from __future__ import annotations

import pytest

from connectors.base import Kind, Severity
from connectors.mail.kind_rules import RULES
from tests.connectors.mails import mail, one

GOODS = "2 x ABC-123 @ EUR 5.00"

NO_ORDERS = [
    ("Your order 5056 is ready", f"Your order 5056 worth $499 is ready. Click here to verify your account.\n{GOODS}"),
    ("URGENT: Verify Your Order PO-999 NOW", "We detected unusual activity on your order PO-999. Send us your credit card details."),
    ("Delivered: Your order #123-1", f"Your package has been delivered!\n{GOODS}"),
    ("Order PO-9988 Update", f"PO Number: PO-9988\nStatus: SHIPPED\nItems:\n{GOODS}"),
    ("PO Update - PO-45821", "Your order PO-45821 from Acme is on track.\nItems: 500x Widget A, 200x Widget B"),
    ("PO88", "PO88 - shipped\n\n- Supplier X"),
    ("CANCELLATION - PO-9876 CANCELLED", "We regret to inform you that order PO-9876 has been CANCELLED.\nStatus: VOID"),
    ("Partial Shipment - PO-SPLIT-123", "SHIPPED TODAY:\n- 200x Widget A (out of 500 ordered)"),
    ("PO-QTY-999 Update", "Order PO-QTY-999 status:\n- 500 pieces of Part B\n- Part C: quantity 300\nStatus: On Track"),
    ("Invoice & Shipping - PO-1", "Order: PO-1\nStatus: Shipped\n- 100x Widget @ $25.99 ea = $2,599.00\n- Total: $3,500"),
    ("API Notification - PO-API-555", '{"purchase_order": "PO-API-555", "status": "shipped"}\nThis is an automated notification.'),
    ("PO-SUBJ-ONLY-999 Shipped Feb1 - 500xWidgets", " "),
    ("Order Confirmation #4492 - Acme", f"Order Confirmation\nOrder #: 4492\n{GOODS}\nTotal: EUR 10"),
    ("Your receipt", f"Thank you for your purchase!\nOrder #55\n{GOODS}\nShip to:\nJane\n1 Road\nAustin, TX 78701"),
    ("USPS Delivery Exception 9274", "Your package has a delivery exception. Tracking Number: 9274"),
    ("Request for quotation", "Please quote for 100 pcs ABC-123 and 50 pcs XYZ-9."),
    ("Invoice INV-2026-11 for PO 4711", f"Please find our invoice.\n{GOODS}\nTotal: EUR 10.00"),
    ("New arrivals - order now!", f"50% off! Order today.\n{GOODS}\nUnsubscribe here"),
    ("Where is my order PO-4711?", "I ordered 10 x ABC-123 two weeks ago. When will my order arrive?"),
    ("hi", "we got ur order ready i think it was po-456 or maybe 457? we got like 200 of those things u wanted"),
    ("Automatic reply: PO 4711", f"I am out of the office.\n{GOODS}"),
    ("Out of Office: Purchase order 12", "I will be back on Monday."),
    ("自动回复: 采购订单", "您好，我正在休假，订单请联系小王。订购 ABC-123 10个"),
    ("您的订单已发货", "您的订单 2026030112345 已发货，快递单号 SF1234567890，共 2 件商品。"),
    ("订单确认", "感谢您的订购！订单号：888  商品：打印纸 x 2  合计：50元"),
    ("限时特价", "双11促销，全场满减，点击这里领取。ABC-123 10个 99元"),
    ("系统退信", "您的邮件无法送达。采购单 PO-1 ABC-123 10个"),
    ("Undelivered Mail Returned to Sender", f"Purchase order PO 5\n{GOODS}"),
    ("hello", "hello, world"),
    ("Lunch?", "Shall we meet at 12? I will bring 2 boxes of cookies."),
    ("Consegna effettuata: Il tuo ordine #123", "Il pacco è stato consegnato."),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "body"), NO_ORDERS, ids=[subject for subject, _ in NO_ORDERS])
def test_what_is_no_order_is_one_element_without_lines_or_problems(subject, body):
    order = one(mail(subject, body))
    assert (order.kind, order.lines, order.problems) == (Kind.NOT_AN_ORDER, (), ())


MACHINES = [
    {"Auto-Submitted": "auto-replied"},
    {"X-Autoreply": "yes"},
    {"X-Failed-Recipients": "a@b.example"},
    {"Precedence": "auto_reply"},
]


@pytest.mark.parametrize("headers", MACHINES, ids=lambda headers: next(iter(headers)))
def test_an_answer_of_a_machine_is_no_order_whatever_it_quotes(headers):
    raw = mail("Purchase order PO 4711", f"We would like to order:\n\n{GOODS}\n", headers=headers)
    assert one(raw).kind is Kind.NOT_AN_ORDER


def test_a_delivery_report_is_no_order_though_it_encloses_one():
    order = mail("Purchase order PO 4711", f"We would like to order:\n\n{GOODS}\n")
    head = b"From: MAILER-DAEMON@mx.example\nSubject: Purchase order PO 4711\n"
    head += b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nfailed\n--b\n'
    raw = head + b"Content-Type: message/rfc822\n\n" + order + b"\n--b--\n"
    assert one(raw).kind is Kind.NOT_AN_ORDER


def test_an_erp_that_says_it_wrote_the_mail_itself_still_orders():
    raw = mail("Purchase order PO 4711", f"Please supply:\n\n{GOODS}\n", headers={"Auto-Submitted": "auto-generated"})
    assert one(raw).kind is Kind.ORDER


def test_a_notice_keeps_the_order_number_that_it_speaks_of():
    order = one(mail("Your Amazon.com order #123-1234567-1234567 has shipped", "Track your package"))
    assert order.channel_order_id == order.channel_order_number == "123-1234567-1234567"


def test_markup_of_goods_on_their_way_speaks_against_an_order():
    markup = '{"@type": "Order", "orderedItem": [{"orderQuantity": 1, "orderItemStatus": "https://schema.org/OrderDelivered",'
    markup += ' "orderedItem": {"name": "Widget", "sku": "W"}}]}'
    raw = mail("Order 17", html=f'<script type="application/ld+json">{markup}</script><p>Order 17</p>')
    assert one(raw).kind is Kind.NOT_AN_ORDER


def test_every_rule_has_a_reason_and_speaks_for_one_side():
    assert all(rule.name and rule.weight for rule in RULES)
    assert {rule.where for rule in RULES} == {"subject", "body", "top", "sender"}


_ANSWER = {"In-Reply-To": "<m0@acme.example>", "References": "<m0@acme.example>"}


@pytest.mark.parametrize(
    ("subject", "body", "headers"),
    [
        ("Re: Purchase order PO-9", "Please change our order PO-9: we no longer need the cup.", _ANSWER),
        ("Re: Purchase order PO-9", "Please deliver to my office instead, we moved.", _ANSWER),
        ("Re: Purchase order PO-9", "Could you add two more teas? Same price.", _ANSWER),
        ("Purchase order PO-9", "我们的订单 PO-9 请改到下周发货，谢谢。", None),
        ("Bestellung PO-9", "Bitte die Lieferadresse zu Bestellung PO-9 ändern auf Hauptstr. 9.", None),
    ],
)
def test_a_wish_for_a_change_that_lists_no_goods_waits_for_a_person(
    subject: str, body: str, headers: dict[str, str] | None
) -> None:
    order = one(mail(subject, body, headers=headers))
    assert (order.kind, order.channel_order_id, order.lines) == (Kind.UPDATE, "PO-9", ())
    (found,) = [problem for problem in order.problems if problem.field == "kind"]
    assert found.severity is Severity.HOLD
    assert found.message.startswith("the mail asks for a change and does not list the goods as they shall be;")


@pytest.mark.parametrize(
    ("subject", "body", "headers"),
    [
        ("Re: Purchase order PO-9", "Thank you for the confirmation.", _ANSWER),
        ("Re: Purchase order PO-9", "When will it arrive?", _ANSWER),
        ("Your order #1234 has shipped", "It is on its way. Please add us to your address book.", None),
        ("Invoice for order 1234", "Please find the invoice for order 1234. Please send the payment by Friday.", None),
        ("You won! order #99", "Click here to claim your gift card. Please update your account.", None),
        ("Out of office: PO-9", "Please send urgent matters about PO-9 to my colleague instead.", {"Auto-Submitted": "auto-replied"}),
    ],
)  # fmt: skip
def test_thanks_invoices_spam_and_machines_ask_for_no_change(
    subject: str, body: str, headers: dict[str, str] | None
) -> None:
    assert one(mail(subject, body, headers=headers)).kind is Kind.NOT_AN_ORDER
