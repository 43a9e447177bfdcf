"""The checks of verification: each looks at one order's facts and names what it finds. Pure; texts stand in `rule_table`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from oms.clock import local_day
from oms.money import minor_unit
from oms.verification import address_rules, problems_zh, units
from oms.verification.order_facts import ZERO, Feasible, Limits, LineFacts, OrderFacts
from oms.verification.rule_table import HOLD, JUDGED_ANEW, NOTE, RULES, Rule

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Found:
    """One rule that does not hold, at one field; texts are ready in both languages."""

    name: str
    field: str
    en: str
    zh: str

    @property
    def rule(self) -> Rule:
        return RULES[self.name]


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules look at."""

    order: OrderFacts
    limits: Limits
    feasible: Feasible
    now: datetime
    zone: ZoneInfo


Check = Callable[[Case], Iterator[Found]]


def found(name: str, at: str, /, **filled: object) -> Found:
    """A finding of that rule with its text filled in."""
    rule, detail = RULES[name], problems_zh.in_chinese(str(filled.get("detail", "")))
    return Found(name, at, rule.en.format(**filled).strip(), rule.zh.format(**(filled | {"detail": detail})).strip())


def findings(case: Case) -> list[Found]:
    """Everything that is to be said about the order, each rule once for each field."""
    kept: dict[tuple[str, str], Found] = {}
    for one in (one for check in CHECKS for one in check(case)):
        kept.setdefault((one.name, one.field), one)
    return list(kept.values())


def is_important(all_found: list[Found]) -> bool:
    """Whether the order is of class `important` (V-1)."""
    return any(one.rule.important for one in all_found)


def _plain(amount: Decimal | None) -> str:
    """An amount as people read it: without trailing zeros."""
    return "-" if amount is None else f"{amount.normalize():f}"


# ------------------------------------------------------------------ completeness


def _complete(case: Case) -> Iterator[Found]:
    order = case.order
    if not order.lines:
        yield found("no_lines", "lines")
    if not order.currency:
        yield found("currency_missing", "currency")
    receiver = order.ship_to or {}
    if not any((order.contact.get("email"), order.contact.get("phone"), receiver.get("phone"))):
        yield found("contact_missing", "customer.phone")
    if not any(who.get(part) for who in (order.contact, receiver) for part in ("name", "company")):
        yield found("name_missing", "customer.name")
    for line in order.lines:
        yield from _line_complete(line)


def _line_complete(line: LineFacts) -> Iterator[Found]:
    place, number = f"lines.{line.position}", line.position + 1
    if line.qty <= 0:
        yield found("qty_missing", f"{place}.qty", line=number)
    if line.unit_price is None:
        yield found("price_missing", f"{place}.unit_price", line=number, list_price=_plain(line.list_price))


def _translation(case: Case) -> Iterator[Found]:
    """What the channel's translation complained of, as far as no check of ours judges it anew."""
    for code, severity, field, message in case.order.problems:
        if severity == HOLD and code not in JUDGED_ANEW:
            name = code if code in RULES and RULES[code].severity == HOLD else "channel_problem"
            # A contact that does not work stops the order only where there is no other, which `_complete` finds.
            figures = {"total": _plain(case.order.total), "computed": _plain(case.order.computed_total)}
            yield found(name, field, detail=message, **figures)
        elif severity == NOTE and code in RULES:
            yield found(code, field, detail=message)


def _confidence(case: Case) -> Iterator[Found]:
    threshold = case.limits.confidence
    for field, confidence in case.order.evidence:
        if confidence < threshold:
            yield found("low_confidence", field, field=field, confidence=confidence, threshold=threshold)


# ------------------------------------------------------------------ goods and address


def _goods(case: Case) -> Iterator[Found]:
    for line in case.order.lines:
        field, number = f"lines.{line.position}.sku", line.position + 1
        if line.sku_id is None and not line.requires_shipping:
            continue  # a service, a tip, a set's heading: nobody has to find it on a shelf
        if line.sku_id is None:
            named = line.channel_sku or "no name"
            yield found("sku_unknown", field, line=number, sku=named)
            continue
        if not line.active:
            yield found("sku_inactive", field, line=number, sku=line.code)
        if line.blocked_reason:
            yield found("goods_blocked", field, line=number, sku=line.code, reason=line.blocked_reason)
        for name, part in units.doubts(line.qty, line.unit, line.sold_in):
            told = {"qty": _plain(line.qty), "unit": line.unit, "sold_in": line.sold_in}
            yield found(name, f"lines.{line.position}.{part}", line=number, sku=line.code, **told)
        if case.order.ship_country in line.forbidden_countries:
            yield found("country_forbidden", field, line=number, sku=line.code, country=case.order.ship_country)


def _address(case: Case) -> Iterator[Found]:
    order = case.order
    if not order.ships:
        return
    if not order.ship_to:
        yield found("address_missing", "ship_to")
        return
    for part in address_rules.missing_parts(order.ship_to):
        yield found("address_incomplete", f"ship_to.{part}", part=part)
    if address_rules.lacks_postal_code(order.ship_to):
        yield found("postal_code_missing", "ship_to.postal_code")
    if address_rules.contradicts_code(order.ship_to):
        yield found("address_conflict", "ship_to.adcode", detail="")
    if order.ship_country and not case.feasible.served:
        yield found("country_unserved", "ship_to.country", country=order.ship_country)


# ------------------------------------------------------------------ money


def _total(case: Case) -> Iterator[Found]:
    order = case.order
    if order.total is None or not order.currency or any(p[0] == "total_mismatch" for p in order.problems):
        return
    if abs(order.total - order.computed_total) > case.limits.tolerance_units * minor_unit(order.currency):
        figures = {"total": _plain(order.total), "computed": _plain(order.computed_total)}
        yield found("total_mismatch", "totals.total", detail="", **figures)


def _prices(case: Case) -> Iterator[Found]:
    for line in case.order.lines:
        if line.sku_id is not None and line.unit_price is not None and line.qty > 0:
            yield from _line_price(line, case)


def _line_price(line: LineFacts, case: Case) -> Iterator[Found]:
    field, named = f"lines.{line.position}.unit_price", {"line": line.position + 1, "sku": line.code}
    if line.list_price is None and case.order.currency is None:
        return  # in which currency it is priced is asked for first
    if line.list_price is None:
        name = "price_in_other_currency" if line.priced_elsewhere else "price_unlisted"
        yield found(name, field, currency=case.order.currency, **named)
        return
    price = line.amount / line.qty
    sold_for = price - case.order.discount_on(line) / line.qty
    floor = line.floor_price or line.list_price * case.limits.floor_share / _HUNDRED
    if sold_for < floor:
        yield found("price_below_floor", field, price=_plain(round(sold_for, 6)), floor=_plain(floor), **named)
    if price > line.list_price * case.limits.ceiling_share / _HUNDRED:
        yield found("price_over_list", field, price=_plain(price), list_price=_plain(line.list_price), **named)


def _terms(case: Case) -> Iterator[Found]:
    order, limits = case.order, case.limits
    if order.payment_status == "refunded":
        yield found("payment_given_back", "payment.status")
    if order.payment_terms == "cod":
        if not order.channel.takes_cod:
            yield found("terms_not_allowed", "payment.terms", terms="cod")
        value = limits.worth.of(order.payable, order.currency)
        if value is not None and value > limits.cod_max:
            total = limits.worth.told(order.payable, order.currency)
            yield found("cod_over_limit", "payment.terms", total=total, limit=_plain(limits.cod_max))
    if order.payment_terms == "account":
        if "account" not in (order.customer.payment_terms, order.channel.payment_terms):
            yield found("terms_not_allowed", "payment.terms", terms="account")
        yield from _credit(case)


def _credit(case: Case) -> Iterator[Found]:
    order, limits, worth, who = case.order, case.limits, case.limits.worth, case.order.customer
    if who.credit_currency and order.currency and who.credit_currency != order.currency:
        currencies = {"limit_currency": who.credit_currency, "currency": order.currency}
        yield found("credit_currency", "payment.terms", **currencies)
    else:
        owed = who.exposure + max(order.payable - order.money_here, ZERO)
        # The default one is in the currency of all limits.
        limit, kept_in = who.credit_limit, order.currency
        if limit is None:
            limit, kept_in = limits.default_credit, None
        value = owed if kept_in else worth.of(owed, order.currency)
        if value is None or value > limit:
            told = {"owed": worth.told(owed, order.currency), "limit": worth.told(limit, kept_in)}
            yield found("credit_exceeded", "totals.total", **told)
    if who.unpaid_since and (case.now - who.unpaid_since).days >= limits.overdue_days:
        since = local_day(who.unpaid_since, case.zone)
        yield found("payment_overdue", "payment.terms", since=since, days=(case.now - who.unpaid_since).days)


# ------------------------------------------------------------------ customer, date, class


def _customer(case: Case) -> Iterator[Found]:
    order = case.order
    if order.customer.blocked_reason:
        yield found("customer_blocked", "customer", reason=order.customer.blocked_reason)
    if order.unread_message:
        yield found("message_unread", "buyer_message")


def _date(case: Case) -> Iterator[Found]:
    if case.feasible.on_time or not case.feasible.served:
        return
    order = case.order
    pairs = (
        ("requested.ship_by", order.requested_ship_by, case.feasible.ship_at),
        ("requested.deliver_by", order.requested_deliver_by, case.feasible.deliver_at),
    )
    for field, asked, possible in pairs:
        if asked is not None and local_day(possible, case.zone) > local_day(asked, case.zone):
            days = {"asked": local_day(asked, case.zone), "possible": local_day(possible, case.zone)}
            yield found("date_infeasible", field, **days)


def _value(case: Case) -> Iterator[Found]:
    order, limits = case.order, case.limits
    if order.payable < ZERO:
        yield found("value_negative", "totals.total", total=_plain(order.payable))
    value = limits.worth.of(order.payable, order.currency)
    if value is None:
        yield found("value_unknown", "currency", total=_plain(order.payable), currency=order.currency)
    elif value >= limits.large_order_value:
        total = limits.worth.told(order.payable, order.currency)
        yield found("large_value", "totals.total", total=total, limit=_plain(limits.large_order_value))


def _class(case: Case) -> Iterator[Found]:
    order, limits = case.order, case.limits
    if order.customer.key_customer:
        yield found("key_customer", "customer")
    if order.is_urgent:
        yield found("urgent", "requested.service")
    if limits.every_order_reviewed:
        yield found("every_order", "order")
    for line in order.lines:
        field, named = f"lines.{line.position}.sku", {"line": line.position + 1, "sku": line.code}
        if line.custom:
            yield found("custom_goods", field, **named)
        if line.discontinued:
            yield found("discontinued_goods", field, **named)


CHECKS: tuple[Check, ...] = (
    _complete,
    _goods,
    _address,
    _total,
    _translation,
    _confidence,
    _prices,
    _terms,
    _customer,
    _date,
    _value,
    _class,
)
