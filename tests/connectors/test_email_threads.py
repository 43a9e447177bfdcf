"""Forwards, answers, changes and cancellations in a thread; and what an answer of ours needs."""

from __future__ import annotations

import pytest

from connectors.base import Kind
from connectors.mail.thread import thread_of
from tests.connectors.mails import lines_of, mail, one

QUOTED_ORDER = """> Please supply:
> 10 x ABC-123 @ EUR 5.00
> Ship to: 5 High Street, London SW1A 1AA, UK
"""
ANSWER = {"In-Reply-To": "<order@acme.example>", "References": "<root@acme.example> <order@acme.example>"}

FORWARDS = {
    "gmail": "---------- Forwarded message ---------\nFrom: Bob Buyer <bob@buyer.example>\nDate: Mon, Mar 2, 2026 at 9:00 AM\n"
    "Subject: PO 5566\nTo: Jane <jane@acme.example>\n\n{order}",
    "outlook": "From: Bob Buyer <bob@buyer.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Jane\nSubject: PO 5566\n\n{order}",
    "original message": "-----Original Message-----\nFrom: Bob Buyer <bob@buyer.example>\nSent: Monday\nSubject: PO 5566\n\n{order}",
    "apple": "> Begin forwarded message:\n>\n> From: Bob Buyer <bob@buyer.example>\n> Subject: PO 5566\n> Date: 2 March 2026\n>\n{quoted}",
    "qq": '------------------ 原始邮件 ------------------\n发件人: "Bob Buyer" <bob@buyer.example>;\n发送时间: 2026年3月2日\n'
    '收件人: "Jane";\n主题: PO 5566\n\n{order}',
}
ORDER = "Please supply:\n\n10 x ABC-123 @ EUR 5.00\n\nShip to: Buyer Ltd, 5 High Street, London SW1A 1AA, UK\n"


@pytest.mark.parametrize("mailer", FORWARDS)
def test_a_forwarded_order_counts_and_its_writer_is_the_customer(mailer):
    quoted = "".join(f"> {line}\n" for line in ORDER.splitlines())
    body = "FYI\n\n" + FORWARDS[mailer].format(order=ORDER, quoted=quoted)
    order = one(mail("Fwd: PO 5566", body))
    assert (order.kind, order.channel_order_id, lines_of(order)) == (Kind.ORDER, "5566", [("ABC-123", "10", "5.00")])
    assert (order.customer.name, order.customer.email) == ("Bob Buyer", "bob@buyer.example")


def test_an_order_forwarded_as_attachment_counts():
    inner = mail("PO 5566", ORDER, sender="Bob Buyer <bob@buyer.example>")
    head = b'From: jane@acme.example\nSubject: FW: PO 5566\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nsee attached\n--b\n'
    order = one(head + b"Content-Type: message/rfc822\n\n" + inner + b"\n--b--\n")
    assert (order.channel_order_id, lines_of(order)) == ("5566", [("ABC-123", "10", "5.00")])
    assert order.customer.email == "bob@buyer.example"


HISTORIES = [
    f"On Mon, Mar 2, 2026 at 9:00 AM Bob Buyer <bob@buyer.example> wrote:\n{QUOTED_ORDER}",
    f"在 2026年3月2日，Bob <bob@buyer.example> 写道：\n{QUOTED_ORDER}",
    f"-----Original Message-----\nFrom: Bob\nSent: Monday\nSubject: PO\n\n{ORDER}",
    f"From: Bob\nSent: Monday\nTo: us\nSubject: PO\n\n{ORDER}",
    f"------------------ 原始邮件 ------------------\n{ORDER}",
]


@pytest.mark.parametrize("history", HISTORIES)
def test_history_quoted_below_an_answer_is_no_order(history):
    order = one(mail("Re: PO 5566", f"Thanks, everything arrived. Great service!\n\n{history}", headers=ANSWER))
    assert (order.kind, order.lines) == (Kind.NOT_AN_ORDER, ())


def test_a_new_order_above_quoted_history_has_only_its_own_goods():
    body = f"Great, please send us 3 x NEW-1 at EUR 7.00 each.\n\n{HISTORIES[0]}"
    order = one(mail("Re: price list", body, headers=ANSWER))
    assert (order.kind, lines_of(order)) == (Kind.ORDER, [("NEW-1", "3", "7.00")])


def test_html_history_in_a_blockquote_is_no_order():
    html = "<p>Thanks!</p><div>On Mon, 2 Mar 2026 Bob wrote:</div><blockquote>Please supply:<br>10 x ABC-123 @ EUR 5.00</blockquote>"
    assert one(mail("Re: PO 5566", html=html, headers=ANSWER)).kind is Kind.NOT_AN_ORDER


def test_a_cancellation_names_the_order_it_cancels():
    order = one(mail("Cancel PO 4711", "Please cancel our order PO 4711.\nThanks"))
    assert (order.kind, order.channel_order_id) == (Kind.CANCELLATION, "4711")
    chinese = one(mail("取消订单", "您好，请取消订单 CG20260301，谢谢。"))
    assert (chinese.kind, chinese.channel_order_id) == (Kind.CANCELLATION, "CG20260301")


def test_a_cancellation_without_a_number_speaks_of_the_mail_that_began_the_thread():
    order = one(mail("Re: order", "Hi, please cancel the order.\n", headers=ANSWER))
    assert (order.kind, order.channel_order_id) == (Kind.CANCELLATION, "root@acme.example")


def test_a_revised_order_is_an_update_of_the_same_number():
    order = one(mail("Revised purchase order 4711", "Please find our revised PO 4711:\n\n20 x ABC-123 @ EUR 5.00\n"))
    assert (order.kind, order.channel_order_id, lines_of(order)) == (Kind.UPDATE, "4711", [("ABC-123", "20", "5.00")])


def test_the_thread_of_a_mail_is_what_an_answer_must_carry():
    thread = thread_of(mail("PO 1", "x", headers={**ANSWER, "Reply-To": "Desk <desk@acme.example>"}))
    assert thread.message_id == "m1@acme.example"
    assert thread.references == ("root@acme.example", "order@acme.example", "m1@acme.example")
    assert (thread.subject, thread.reply_to, thread.auto_submitted) == ("PO 1", "desk@acme.example", False)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-generated"},
        {"Precedence": "list"},
        {"List-Id": "<x>"},
        {"Return-Path": "<>"},
        {"X-Autoreply": "1"},
    ],
    ids=str,
)
def test_nothing_is_answered_to_what_a_machine_sent(headers):
    assert thread_of(mail("PO 1", "x", headers=headers)).auto_submitted is True


def test_nothing_is_answered_to_a_sender_who_reads_nothing_or_to_no_mail():
    assert thread_of(mail("PO 1", "x", sender="no-reply@shop.example")).auto_submitted is True
    assert thread_of(b"").auto_submitted is True
