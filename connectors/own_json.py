"""Our own JSON, which is the one schema itself: one order object read strictly, for every channel whose senders we can tell.

Amounts are decimal strings: a JSON number is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace

from connectors.base import Address, ChannelOrder, Customer, Invoice, Kind, Line, Payment, Requested, Totals
from connectors.countries import alpha2
from connectors.fields import Node, identity, notice, street, version
from connectors.money import currency_code
from connectors.strict_fields import StrictFields
from connectors.totals import finish

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
        lines = fields.listing(order.get("lines"), "lines")
        totals = fields.mapping(order.get("totals"), "totals")
        ship_to = self._address("ship_to")
        kind = self._kind()
        order_id = fields.id(order.get("channel_order_id"), "channel_order_id")
        number = fields.id(order.get("channel_order_number"), "channel_order_number")
        found = ChannelOrder(
            channel=self.channel,
            source=self.source,
            kind=kind,
            channel_order_id=order_id or number,
            channel_order_number=number or order_id,
            version=self._version(),
            placed_at=fields.time(order.get("placed_at"), "placed_at"),
            currency=currency_code(fields.words(order.get("currency"), "currency")),
            totals=self._totals(totals),
            payment=self._payment(),
            customer=self._customer(ship_to),
            ship_to=ship_to,
            bill_to=self._address("bill_to"),
            requested=self._requested(),
            lines=tuple(self._line(line, f"lines.{at}.") for at, line in enumerate(lines)),
            buyer_message=fields.words(order.get("buyer_message"), "buyer_message"),
            seller_memo=fields.words(order.get("seller_memo"), "seller_memo"),
            invoice=self._invoice(),
        )
        given = [fields.amount(line.get("total"), f"lines.{at}.total") for at, line in enumerate(lines)]
        told = replace(found, problems=tuple(fields.problems)) if fields.problems else found
        finished = finish(told, given_line_totals=given)
        return finished if finished.kind is not Kind.NOT_AN_ORDER else self._notice(finished)

    def _notice(self, named: ChannelOrder) -> ChannelOrder:
        """What says itself that it is no order keeps its ids and nothing else."""
        return notice(
            channel=self.channel,
            source=self.source,
            order_id=named.channel_order_id,
            number=named.channel_order_number,
        )

    def _kind(self) -> Kind:
        said = self.fields.words(self.order.get("kind"), "kind") or Kind.ORDER
        if said in _KINDS:
            return _KINDS[said]
        self.fields.add("row_invalid", "kind", f"{said[:40]!r} is none of {', '.join(Kind)}")
        return Kind.ORDER

    def _version(self) -> str | None:
        raw = self.order.get("version")
        found = version(raw)
        if found is None and raw not in (None, ""):
            self.fields.add(
                "row_invalid", "version", f"{str(raw)[:40]!r} is neither a time with its zone nor a whole number"
            )
        return found

    def _totals(self, totals: Node) -> Totals:
        fields = self.fields
        amounts = {
            name: fields.amount(totals.get(name), f"totals.{name}")
            for name in ("shipping", "fees", "tax", "total", "paid")
        }
        return Totals(
            discount=fields.reduction(totals.get("discount"), "totals.discount"),
            tax_included=fields.truth(totals.get("tax_included"), "totals.tax_included"),
            **amounts,
        )

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
        return Address(
            **{name: fields.id(given[name], f"{where}.{name}") for name in _ADDRESS_TEXTS if name in given},
            lines=self._street(given.get("lines"), f"{where}.lines"),
            country=country,
            phone=phone,
            phone_ext=ext or fields.id(given.get("phone_ext"), f"{where}.phone_ext"),
        )

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

    def _line(self, line: Node, where: str) -> Line:
        """One line; `where` is `lines.<n>.`."""
        fields = self.fields
        return Line(
            line_ref=fields.id(line.get("line_ref"), where + "line_ref"),
            sku=fields.id(line.get("sku"), where + "sku"),
            name=fields.words(line.get("name"), where + "name"),
            qty=fields.qty(line.get("qty"), where + "qty"),
            unit=fields.words(line.get("unit"), where + "unit") or "EA",
            unit_price=fields.amount(line.get("unit_price"), where + "unit_price"),
            discount=fields.reduction(line.get("discount"), where + "discount"),
            tax=fields.amount(line.get("tax"), where + "tax"),
            requires_shipping=fields.truth(line.get("requires_shipping"), where + "requires_shipping") is not False,
            options=self._options(line.get("options"), where + "options"),
        )

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
