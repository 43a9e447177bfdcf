"""Customers who write: orders by mail in several shapes, and mails that are none; and those who sign by the link."""

from __future__ import annotations

import io
import re
import smtplib
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

from openpyxl import Workbook

from oms.demo.goods import GOODS
from oms.demo.people import CUSTOMERS, Customer
from oms.demo.place import ORDERS_ADDRESS
from oms.demo.robots.wire import Later, World, fetch
from oms.demo.scenario import CASES, Case

_MAILBOX_KEY = {"Authorization": "Bearer sandbox-mailbox-key"}
_BY_CODE = {good.code: good for good in GOODS}
_LINK = re.compile(r"/sign/([A-Za-z0-9_\-.]+)")


class Mailers:
    """Send each mail case once for each run; a second sending has the same Message-ID and changes nothing."""

    name = "mail customers"

    def __init__(self, world: World) -> None:
        self._world = world

    def work(self) -> bool:
        open_cases = [c for c in CASES if c.channel == "mail" and c.key not in self._world.placed]
        for case in open_cases:
            self._send(case)
            self._world.placed[case.key] = po_number(case)
        return bool(open_cases)

    def undone(self) -> list[str]:
        return [f"{c.key} is not sent" for c in CASES if c.channel == "mail" and c.key not in self._world.placed]

    def _send(self, case: Case) -> None:
        mail = self._world.kept(f"{case.key}.eml", lambda: bytes(self._written(case)))
        customer = CUSTOMERS[case.customer]
        try:
            with smtplib.SMTP("127.0.0.1", self._world.smtp_port, timeout=10) as server:
                server.sendmail(customer.email, [ORDERS_ADDRESS], mail)
        except (OSError, smtplib.SMTPException) as error:
            raise Later(str(error)) from error

    def _written(self, case: Case) -> EmailMessage:
        customer = CUSTOMERS[case.customer]
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = f"{customer.name} <{customer.email}>"
        mail["To"] = ORDERS_ADDRESS
        mail["Message-ID"] = f"<demo-{case.key}@customer.example>"
        mail["Date"] = format_datetime(self._world.day)
        _WRITERS[case.how](mail, case, customer)
        return mail


def po_number(case: Case) -> str:
    """The customer's own number, which becomes the channel's order id."""
    return f"PO-DEMO-{case.key.upper()}"


def _total(case: Case) -> Decimal:
    return sum((Decimal(_BY_CODE[code].cny) * qty for code, qty in case.goods), Decimal(0))


def _plain(mail: EmailMessage, case: Case, customer: Customer) -> None:
    mail["Subject"] = f"Purchase order {po_number(case)}"
    address = customer.address
    items = "\n".join(f"{qty} x {code} {_BY_CODE[code].en} @ {_BY_CODE[code].cny}" for code, qty in case.goods)
    mail.set_content(
        f"Dear team,\n\nplease deliver:\n\nPO number: {po_number(case)}\n\n{items}\n\nCurrency: CNY\nTotal: {_total(case)}\n\n"
        f"Ship to: {customer.name}\n{address['lines'][0]}\n{address['city']} {address['postal_code']}\nUnited Kingdom\n"
        f"Phone: {customer.phone}\nEmail: {customer.email}\n\nKind regards\n{customer.name}\n"
    )


def _html(mail: EmailMessage, case: Case, customer: Customer) -> None:
    mail["Subject"] = f"采购订单 {po_number(case)}"
    a = customer.address
    rows = "".join(
        f"<tr><td>{code}</td><td>{_BY_CODE[code].zh}</td><td>{qty}</td><td>{_BY_CODE[code].cny}</td>"
        f"<td>{Decimal(_BY_CODE[code].cny) * qty}</td></tr>"
        for code, qty in case.goods
    )
    mail.set_content("请见HTML正文")
    mail.add_alternative(
        f"<p>您好，我们要订购：</p><p>订单号：{po_number(case)}<br>币种：CNY</p><table><tr><th>货号</th><th>名称</th><th>数量</th>"
        f"<th>单价</th><th>金额</th></tr>{rows}</table><p>合计：{_total(case)}</p><p>收货人：{customer.name}<br>"
        f"收货地址：{a['region']}{a['city']}{a['district']}{a['lines'][0]}<br>电话：{customer.phone[3:]}<br>邮箱：{customer.email}</p>",
        subtype="html",
    )


def _xlsx(mail: EmailMessage, case: Case, customer: Customer) -> None:
    mail["Subject"] = f"采购单 {po_number(case)}"
    mail.set_content(f"您好，采购单 {po_number(case)} 见附件，请安排发货。\n\n{customer.name}\n{customer.phone}\n")
    mail.add_attachment(
        workbook(case, customer),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=f"{po_number(case)}.xlsx",
    )


def workbook(case: Case, customer: Customer) -> bytes:
    """The order as a Chinese purchase sheet, one row a line."""
    book = Workbook()
    sheet = book.create_sheet("PO", 0)
    sheet.append(["订单号", "货号", "数量", "单价", "币种", "收货人", "电话", "邮箱", "省", "市", "区", "地址"])
    a = customer.address
    for code, qty in case.goods:
        place = [a["region"], a["city"], a["district"], a["lines"][0]]
        contact = [customer.name, customer.phone[3:], customer.email]
        sheet.append([po_number(case), code, qty, _BY_CODE[code].cny, "CNY", *contact, *place])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _spam(mail: EmailMessage, case: Case, customer: Customer) -> None:
    mail["Subject"] = "About your order 5056: claim your prize"
    mail["List-Unsubscribe"] = "<mailto:leave@spam.example>"
    mail["Precedence"] = "bulk"
    mail.set_content("Congratulations! Your order 5056 won. Click http://spam.example/win now to order 1 x PRIZE.\n")


def _auto_reply(mail: EmailMessage, case: Case, customer: Customer) -> None:
    mail["Subject"] = "自动回复: 订单确认"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("您好，我正在休假，11月30日回来。订单事宜请联系同事。\n")


_WRITERS = {"plain": _plain, "html": _html, "xlsx": _xlsx, "spam": _spam, "auto_reply": _auto_reply}


def _text(raw: bytes) -> str:
    """What the reader of a mail sees."""
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


class Signers:
    """Customers who open their mail and sign the confirmation by its one-time link."""

    name = "signing customers"

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: set[str] = set()

    def work(self) -> bool:
        emails = sorted({CUSTOMERS[c.customer].email for c in CASES if "sign" in c.then})
        read = [self._read(email) for email in emails]
        return any(read)

    def undone(self) -> list[str]:
        return []

    def _read(self, email: str) -> bool:
        base = f"{self._world.mailbox_url}/v1/mailboxes/{email}/mails"
        answer = fetch(self._world.http, "GET", base, ok=(200, 404), headers=_MAILBOX_KEY)
        if answer.status_code == 404:  # nobody has written to this customer yet
            return False
        mails = answer.json()["mails"]
        new = [m for m in mails if f"{email}:{m['uid']}" not in self._seen]
        for mail in new:
            raw = fetch(self._world.http, "GET", f"{base}/{mail['uid']}", headers=_MAILBOX_KEY).content
            for token in sorted(set(_LINK.findall(_text(raw)))):
                self._sign(token, email)
            self._seen.add(f"{email}:{mail['uid']}")
        return bool(new)

    def _sign(self, token: str, email: str) -> None:
        browser = self._world.browser()
        page = browser.get(f"/sign/{token}")
        if 'name="answer"' in page:
            name = next(c.name for c in CUSTOMERS.values() if c.email == email)
            browser.submit(f"/sign/{token}", page, {"answer": "signed", "name": name})
