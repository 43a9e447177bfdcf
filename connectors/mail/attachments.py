"""Order sheets attached to a mail: CSV, TSV, XLSX, XLS and ODS, read as the sheet channel reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors.base import ChannelOrder, Customer, Evidence, Kind
from connectors.mail.found import found
from connectors.mail.letters import Letter
from connectors.mail.message import Attachment
from connectors.mail.orders import SOURCE
from connectors.sheet_books import orders_in
from connectors.sheet_merge import SheetSettings
from connectors.tables import TableUnreadable, read_tables

_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_KINDS = re.compile(
    r"text/(?:csv|tab-separated-values|comma-separated-values)|application/(?:csv|vnd\.ms-excel|vnd\.(?:openxmlformats|oasis)\S+sheet)"
)
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|jpe?g|png|tiff?|zip|xml)$", re.I)
_ORDER_NAME = re.compile(r"(?:^|[\W_])p\.?o\.?(?=[\W_\d]|$)|order|purchase|采购|订单|订货", re.I)
_MAX_ORDERS = 500


@dataclass(slots=True)
class Sheets:
    """Orders found in attached sheets, the names of documents that may hold one which a person must read.

    `unread`: what to say of sheets that could not be read, whose orders would be lost beside those that could.
    """

    orders: list[ChannelOrder] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_sheets(attachments: Sequence[Attachment], letter: Letter) -> Sheets:
    """Read every attached sheet; what holds no order or can't be read says nothing of goods."""
    sheets = Sheets()
    for attachment in attachments:
        if _is_sheet(attachment):
            found_orders = _orders(attachment, letter, sheets)
            sheets.orders += found_orders
            if not found_orders and _ORDER_NAME.search(attachment.filename):
                sheets.documents.append(attachment.filename)
        elif _DOCUMENT.search(attachment.filename) and _ORDER_NAME.search(attachment.filename):
            sheets.documents.append(attachment.filename)
    return sheets


def _is_sheet(attachment: Attachment) -> bool:
    return attachment.filename.lower().endswith(_ENDINGS) or bool(_KINDS.fullmatch(attachment.kind))


def _orders(attachment: Attachment, letter: Letter, sheets: Sheets) -> list[ChannelOrder]:
    if not attachment.body.strip():
        return []
    try:
        if len(sheets.orders) >= _MAX_ORDERS:
            raise TableUnreadable(f"the mail holds {_MAX_ORDERS} orders before it")
        return _read(attachment, letter)
    except TableUnreadable as error:
        name = attachment.filename[:80] or "a sheet"
        if name.lower().endswith(".txt"):  # what is no table is a note
            return []
        sheets.unread.append(
            f"{name} is attached and was not read: {error}; look at it, or send it in a mail of its own"
        )
        return []


def _read(attachment: Attachment, letter: Letter) -> list[ChannelOrder]:
    settings = SheetSettings(
        channel=letter.channel, currency=letter.currency, country=letter.country, timezone=letter.zone
    )
    tables = read_tables(attachment.body, filename=attachment.filename or None)
    return [order for order in orders_in(tables, settings) if order.kind is not Kind.NOT_AN_ORDER]


def in_mail(order: ChannelOrder, mail_order: ChannelOrder, *, only: bool, name: str) -> ChannelOrder:
    """An attached sheet's order with what the mail around it adds: contact, address, number and date where it has none."""
    lacks_id = order.channel_order_id is None
    takes_id = lacks_id and only
    customer = order.customer
    added = Customer(
        external_id=customer.external_id or mail_order.customer.external_id,
        name=customer.name or mail_order.customer.name,
        company=customer.company or mail_order.customer.company,
        email=customer.email or mail_order.customer.email,
        phone=customer.phone or mail_order.customer.phone,
        phone_ext=customer.phone_ext or mail_order.customer.phone_ext,
        tax_id=customer.tax_id or mail_order.customer.tax_id,
    )
    filled = {"number_missing"} if takes_id else set()
    filled |= {"address_missing"} if order.ship_to is None and mail_order.ship_to else set()
    filled |= {"currency_missing"} if order.currency is None and mail_order.currency else set()
    return replace(
        order,
        source=SOURCE,
        channel_order_id=mail_order.channel_order_id if takes_id else order.channel_order_id,
        channel_order_number=mail_order.channel_order_number if takes_id else order.channel_order_number,
        placed_at=order.placed_at or mail_order.placed_at,
        currency=order.currency or mail_order.currency,
        customer=added,
        ship_to=order.ship_to or mail_order.ship_to,
        bill_to=order.bill_to or mail_order.bill_to,
        requested=order.requested if order.requested.deliver_by else mail_order.requested,
        payment=order.payment if order.payment.terms else mail_order.payment,
        buyer_message=order.buyer_message or mail_order.buyer_message,
        invoice=order.invoice or mail_order.invoice,
        problems=tuple(known for known in order.problems if known.code not in filled),
        evidence=(*_sheet_evidence(order, name), *_contact_evidence(order, mail_order)),
    )


def _sheet_evidence(order: ChannelOrder, name: str) -> list[Evidence]:
    fields = [f"lines.{place}.{part}" for place in range(len(order.lines)) for part in ("sku", "qty")]
    fields += ["ship_to"] if order.ship_to else []
    return [found(None, "0.95", name).evidence(field_name) for field_name in fields]


def _contact_evidence(order: ChannelOrder, mail_order: ChannelOrder) -> list[Evidence]:
    own = {"ship_to"} if order.ship_to else set()
    wanted = {"customer.email", "customer.phone", "ship_to", "channel_order_id"} - own
    return [piece for piece in mail_order.evidence if piece.field in wanted]
