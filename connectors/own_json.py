"""Our own JSON, which is the one schema itself: one order object read strictly, for every channel whose senders we can tell.

Amounts are decimal strings: a JSON number is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from typing import Any

from connectors.base import Address, ChannelOrder, Customer, Invoice, Kind, Line, Payment, Requested, Totals
from connectors.countries import alpha2
from connectors.fields import Node, identity, notice, street
from connectors.fields import version as version_of
from connectors.strict_fields import StrictFields
from connectors.totals import checked, decimals_of, line_sums, totals_of

#: payment.status -> payment status: the words of the order schema, and no other.
PAYMENT_STATUS: dict[str, str] = {
    status: status
    for status in (
        "none", "pending", "authorized", "partially_paid", "paid", "overpaid", "partially_refunded", "refunded",
        "voided", "failed",
    )
}  # fmt: skip

#: Fields that are read as they are; the others have readers of their own.
_ADDRESS_TEXTS = tuple(
    item.name for item in dataclass_fields(Address) if item.name not in ("lines", "country", "phone", "phone_ext")
)
_INVOICE_TEXTS = tuple(item.name for item in dataclass_fields(Invoice))

TERMS = ("prepaid", "cod", "account")
_KINDS = {kind.value: kind for kind in Kind}
_NOTHING_ASKED = Requested()


class OwnOrder:
    """One order object of a message in our own JSON; `read` gives the order with its problems."""

    def __init__(self, order: Node, *, channel: str, source: str) -> None:
        self.order, self.channel, self.source, self.fields = order, channel, source, StrictFields()

    def read(self) -> ChannelOrder:
        """The order, its sums computed and checked; never raises."""
        order, fields = self.order, self.fields
        listed = fields.listing(order.get("lines"), "lines")
        totals = fields.mapping(order.get("totals"), "totals")
        ship_to = self._address("ship_to")
        kind = self._kind()
        if kind is Kind.NOT_AN_ORDER:
            return self._notice()
        order_id, number = self._ids()
        version, placed_at = self._version(), fields.time(order.get("placed_at"), "placed_at")
        currency = fields.currency(fields.words(order.get("currency"), "currency"))
        told, payment, customer = self._totals(totals), self._payment(), self._customer(ship_to)
        bill_to, requested = self._address("bill_to"), self._requested()
        lines = self._lines(listed, decimals_of(currency))
        buyer_message = fields.words(order.get("buyer_message"), "buyer_message")
        seller_memo = fields.words(order.get("seller_memo"), "seller_memo")
        invoice, given = self._invoice(), self._line_totals(listed)
        found = ChannelOrder(
            channel=self.channel,
            source=self.source,
            kind=kind,
            channel_order_id=order_id or number,
            channel_order_number=number or order_id,
            version=version,
            placed_at=placed_at,
            currency=currency,
            totals=totals_of(told, lines=lines, decimals=decimals_of(currency)),
            payment=payment,
            customer=customer,
            ship_to=ship_to,
            bill_to=bill_to,
            requested=requested,
            lines=lines,
            buyer_message=buyer_message,
            seller_memo=seller_memo,
            invoice=invoice,
            problems=tuple(fields.problems),
        )
        return checked(found, given_line_totals=given)

    def _notice(self) -> ChannelOrder:
        """What says itself that it is no order keeps its ids and nothing else."""
        order_id, number = self._ids()
        return notice(channel=self.channel, source=self.source, order_id=order_id or number, number=number or order_id)

    def _ids(self) -> tuple[str | None, str | None]:
        order, fields = self.order, self.fields
        return (
            fields.id(order.get("channel_order_id"), "channel_order_id"),
            fields.id(order.get("channel_order_number"), "channel_order_number"),
        )

    def _kind(self) -> Kind:
        said = self.fields.words(self.order.get("kind"), "kind") or Kind.ORDER
        if said in _KINDS:
            return _KINDS[said]
        self.fields.add("row_invalid", "kind", f"{said[:40]!r} is none of {', '.join(Kind)}")
        return Kind.ORDER

    def _version(self) -> str | None:
        raw = self.order.get("version")
        found = version_of(raw)
        if found is None and raw not in (None, ""):
            self.fields.add(
                "row_invalid", "version", f"{str(raw)[:40]!r} is neither a time with its zone nor a whole number"
            )
        return found

    def _totals(self, totals: Node) -> Totals:
        fields, get = self.fields, totals.get
        shipping, fees = fields.amount(get("shipping"), "totals.shipping"), fields.amount(get("fees"), "totals.fees")
        tax, total = fields.amount(get("tax"), "totals.tax"), fields.amount(get("total"), "totals.total")
        paid = fields.amount(get("paid"), "totals.paid")
        discount = fields.reduction(get("discount"), "totals.discount")
        tax_included = fields.truth(get("tax_included"), "totals.tax_included")
        return Totals(None, discount, shipping, fees, tax, tax_included, total, paid)

    def _payment(self) -> Payment:
        payment = self.fields.mapping(self.order.get("payment"), "payment")
        terms = self.fields.words(payment.get("terms"), "payment.terms")
        status = self.fields.words(payment.get("status"), "payment.status")
        if terms is not None and terms not in TERMS:
            self.fields.add("row_invalid", "payment.terms", f"{terms[:40]!r} is none of {', '.join(TERMS)}")
        if status is not None and status not in PAYMENT_STATUS:
            self.fields.add(
                "status_unknown", "payment.status", f"{status[:40]!r} is none of {', '.join(PAYMENT_STATUS)}"
            )
        return Payment(terms=terms if terms in TERMS else None, status=PAYMENT_STATUS.get(status or ""))

    def _customer(self, ship_to: Address | None) -> Customer:
        fields, given = self.fields, self.fields.mapping(self.order.get("customer"), "customer")
        phone, ext = fields.phone(given.get("phone"), "customer.phone", country=ship_to.country if ship_to else None)
        return Customer(
            external_id=fields.id(given.get("external_id"), "customer.external_id"),
            name=fields.words(given.get("name"), "customer.name"),
            company=fields.words(given.get("company"), "customer.company"),
            email=fields.email(given.get("email"), "customer.email"),
            phone=phone,
            tax_id=fields.id(given.get("tax_id"), "customer.tax_id"),
            phone_ext=ext or fields.id(given.get("phone_ext"), "customer.phone_ext"),
        )

    def _address(self, where: str) -> Address | None:
        fields, given = self.fields, self.fields.mapping(self.order.get(where), where)
        if not any(given.values()):
            return None
        country = alpha2(given.get("country"))
        if country is None and given.get("country"):
            fields.add(
                "row_invalid",
                f"{where}.country",
                f"{str(given['country'])[:40]!r} is no country; write it as ISO 3166, such as DE",
            )
        phone, ext = fields.phone(given.get("phone"), f"{where}.phone", country=country)
        fields.within = f"{where}."
        texts = {name: fields.id(given[name], name) for name in _ADDRESS_TEXTS if name in given}
        lines = self._street(given.get("lines"), "lines")
        phone_ext = ext or fields.id(given.get("phone_ext"), "phone_ext")
        fields.within = ""
        return Address(**texts, lines=lines, country=country, phone=phone, phone_ext=phone_ext)

    def _street(self, raw: object, field: str) -> tuple[str, ...]:
        lines = raw if isinstance(raw, list) else [raw]
        return street(*(self.fields.words(line, field) for line in lines))

    def _requested(self) -> Requested:
        given = self.fields.mapping(self.order.get("requested"), "requested")
        if not given:
            return _NOTHING_ASKED
        return Requested(
            ship_by=self.fields.time(given.get("ship_by"), "requested.ship_by"),
            deliver_by=self.fields.time(given.get("deliver_by"), "requested.deliver_by"),
            service=self.fields.words(given.get("service"), "requested.service"),
        )

    def _lines(self, lines: Sequence[Node], decimals: int | None) -> tuple[Line, ...]:
        found = []
        for at, line in enumerate(lines):
            self.fields.within = f"lines.{at}."
            found.append(self._line(line.get, decimals))
        self.fields.within = ""
        return tuple(found)

    def _line(self, get: Callable[[str], Any], decimals: int | None) -> Line:
        fields = self.fields
        line_ref, sku, name = (
            fields.id(get("line_ref"), "line_ref"),
            fields.id(get("sku"), "sku"),
            fields.words(get("name"), "name"),
        )
        qty = fields.qty(get("qty"), "qty")
        unit = fields.words(get("unit"), "unit") or "EA"
        unit_price = fields.amount(get("unit_price"), "unit_price")
        discount = fields.reduction(get("discount"), "discount")
        tax = fields.amount(get("tax"), "tax")
        requires_shipping = fields.truth(get("requires_shipping"), "requires_shipping") is not False
        options = self._options(get("options"), "options")
        sums = line_sums(qty, unit_price, discount, tax, decimals)
        return Line(line_ref, sku, name, qty, unit, *sums, requires_shipping, options)

    def _line_totals(self, lines: Sequence[Node]) -> Sequence[Decimal | None]:
        """What the sender says that each line comes to; nothing where none is told."""
        given = [line.get("total") for line in lines]
        if given.count(None) == len(given):
            return ()
        return [self.fields.amount(total, f"lines.{at}.total") for at, total in enumerate(given)]

    def _options(self, raw: object, field: str) -> Mapping[str, str]:
        given = self.fields.mapping(raw, field)
        if not given:
            return {}
        return {name: found for name, value in given.items() if (found := identity(value)) is not None}

    def _invoice(self) -> Invoice | None:
        given = self.fields.mapping(self.order.get("invoice"), "invoice")
        if not any(given.values()):
            return None
        return Invoice(
            **{name: self.fields.id(given[name], f"invoice.{name}") for name in _INVOICE_TEXTS if name in given}
        )
