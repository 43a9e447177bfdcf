"""Amend a held order field by field, with its history; private fields leave only keyed hashes there (G-2, D-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import crypto
from oms.catalog import mapping
from oms.errors import InputInvalid
from oms.journey import errors, lifecycle
from oms.journey.actors import is_person
from oms.journey.errors import NewError
from oms.money import minor_digits, quantise
from oms.orders import derived, places, rules, terms
from oms.orders.models import Order, OrderLine
from oms.parties.matching import index_of
from oms.verification import amendment_rules, payments, promised_goods
from oms.verification.amendment_rules import AMENDABLE, Target, touches_money

ZERO = Decimal(0)
#: Where a party stands that is called otherwise in the one schema.
_COLUMNS = {"customer": "contact"}


@dataclass(frozen=True, slots=True)
class Amendment:
    """`changes`: dotted field as in the one schema -> new value (text, or None to empty it)."""

    changes: Mapping[str, Any]
    reason: str
    entry_error: bool = False


@dataclass(slots=True)
class _Work:
    session: Session
    order: Order
    lines: Mapping[int, OrderLine]
    #: what the order came to before, and what of that tax may be on
    was_total: Decimal | None
    was_base: Decimal | None
    was: dict[str, Any] = field(default_factory=dict)
    became: dict[str, Any] = field(default_factory=dict)


def amend(session: Session, *, order: Order, amendment: Amendment, actor: str, now: datetime) -> list[str]:
    """Write the changes to the (locked) order; return the fields that changed. Verification has to follow.

    Raises InputInvalid naming every field that is unknown or whose value does not fit, and how to mend it; also for an
    entry error that no field shows.
    """
    targets = amendment_rules.targets(amendment.changes)
    lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    base = None if order.lines_total is None else rules.before_tax(order)
    work = _Work(session, order, {line.position: line for line in lines}, order.total, base)
    _check_lines(work, targets)
    _check_amounts(work, targets)
    was_due = rules.payable(order)
    promised_goods.keep_wanted(session, order=order, lines=work.lines, targets=targets, actor=actor, now=now)
    _write(work, targets)
    changed = sorted(name for name in work.became if work.was[name] != work.became[name])
    if amendment.entry_error and not changed:
        hint = "name at least one field with another value than the order's"
        raise InputInvalid("the order says all of this already: nothing would change", fields={"entry_error": hint})
    _recount(work, changed)
    _forget_problems(order, changed)
    session.flush()
    derived.refresh(session, order_ids=[order.id])
    payments.follow_sum(session, was_due={order.id: was_due}, actor=actor, now=now)
    terms.keep_changed(session, order_ids=[order.id])
    _tell_history(work, changed, amendment, actor, now)
    return changed


def _check_lines(work: _Work, targets: Sequence[Target]) -> None:
    unknown = {t.name: "there is no such line" for t in targets if t.line is not None and t.line not in work.lines}
    wanted = {(work.order.channel_id, t.value) for t in targets if t.part == "sku" and t.line in work.lines}
    skus = mapping.find_skus(work.session, wanted=wanted)
    for target in targets:
        if target.part == "sku" and target.name not in unknown:
            if (work.order.channel_id, target.value) not in skus:
                unknown[target.name] = f"{target.value!r} is no SKU that we know"
            else:
                target.found_sku = skus[work.order.channel_id, target.value]
    if unknown:
        raise InputInvalid("; ".join(f"{name}: {why}" for name, why in unknown.items()), fields=unknown)


def _check_amounts(work: _Work, targets: Sequence[Target]) -> None:
    """What is finer than the currency nobody can pay; a price of one piece alone may be (docs/order-schema.md)."""
    currency = next((t.value for t in targets if t.name == "currency"), work.order.currency)
    if not currency:
        return
    hint = f"{currency} has {minor_digits(currency)} decimals"
    fine = {
        t.name: hint
        for t in targets
        if (t.group == "totals" or t.part == "discount")
        and t.value is not None
        and quantise(t.value, currency) != t.value
    }
    if fine:
        raise InputInvalid(f"{', '.join(fine)}: {hint}", fields=fine)


def _write(work: _Work, targets: Sequence[Target]) -> None:
    for target in targets:
        if target.line is not None:
            _write_line(work, target, work.lines[target.line])
        elif target.group in ("customer", "ship_to", "bill_to"):
            _write_party(work, target)
        else:
            column = AMENDABLE[target.name].column
            _keep(work, target.name, getattr(work.order, column), target.value)
            setattr(work.order, column, target.value)
    _forget_outdated(work, targets)


def _forget_outdated(work: _Work, targets: Sequence[Target]) -> None:
    """What belonged to a part that is another now, such as the town of the former city, goes with it."""
    for group in sorted({target.group for target in targets} & {"customer", "ship_to", "bill_to"}):
        own = [target for target in targets if target.group == group]
        changed = [t.part for t in own if work.was[t.name] not in (None, "", [], work.became[t.name])]
        party: Mapping[str, Any] = getattr(work.order, _COLUMNS.get(group, group)) or {}
        for part in sorted(places.outdated(changed, [t.part for t in own])):
            if party.get(part):
                _write_party(work, Target(f"{group}.{part}", group, part, None))


def _write_line(work: _Work, target: Target, line: OrderLine) -> None:
    if target.part == "sku":
        _keep(work, target.name, line.channel_sku, target.value)
        line.sku_id, line.channel_sku = target.found_sku, target.value
    elif target.part == "cancelled":
        _keep(work, target.name, line.qty_cancelled, line.qty)
        line.qty_cancelled = line.qty
    else:
        _keep(work, target.name, getattr(line, target.part), target.value)
        setattr(line, target.part, target.value)


def _write_party(work: _Work, target: Target) -> None:
    column = _COLUMNS.get(target.group, target.group)
    party = dict(getattr(work.order, column) or {})
    _keep(work, target.name, party.get(target.part), target.value)
    party[target.part] = target.value
    setattr(work.order, column, party)
    if target.group == "ship_to" and target.part in ("country", "region", "city"):
        setattr(work.order, f"ship_{target.part}", target.value)
    if target.group == "customer" and target.part in ("email", "phone", "name"):
        setattr(work.order, f"{target.part}_hash", index_of(target.value))


def _keep(work: _Work, name: str, was: Any, became: Any) -> None:
    work.was[name], work.became[name] = was, became


def _recount(work: _Work, changed: Sequence[str]) -> None:
    """Line totals, their sum and the order's total follow what was changed of them; a total that was given stays.

    The sender's own total, a cent off by its rounding, is what was paid: who chooses the right SKU does not touch it.
    """
    order = work.order
    money = [name for name in changed if touches_money(name) and name != "payment.terms"]
    if not money or not order.currency:
        return
    was_tax = order.tax
    touched = {int(name.split(".")[1]) for name in money if name.startswith("lines.")}
    more_tax = sum((_recount_line(work.lines[position], order.currency) for position in sorted(touched)), ZERO)
    live = [line for line in work.lines.values() if rules.counts(line)]
    order.lines_total = sum((line.total or ZERO for line in live), ZERO)
    if was_tax is not None and "totals.tax" not in changed:
        order.tax = (
            max(was_tax + more_tax, ZERO) if _lines_name_tax(work) else _order_tax(work, was_tax, order.currency)
        )
    if "totals.total" not in changed:
        order.total = rules.before_tax(order) + (ZERO if order.tax_included else order.tax or ZERO)


def _lines_name_tax(work: _Work) -> bool:
    return any(line.tax is not None for line in work.lines.values())


def _order_tax(work: _Work, tax: Decimal, currency: str) -> Decimal:
    order = work.order
    return rules.tax_of_order(
        tax, total=work.was_total, tax_included=order.tax_included, was=work.was_base, now=rules.before_tax(order),
        currency=currency,
    )  # fmt: skip


def _recount_line(line: OrderLine, currency: str) -> Decimal:
    """The line's total and tax follow its quantity, price and discount; return by how much the order's tax moves."""
    was_total, was_tax = line.total, line.tax
    if line.unit_price is not None:
        line.total = quantise(line.qty * line.unit_price - (line.discount or ZERO), currency)
    line.tax = rules.tax_of(was_tax, was=was_total, now=line.total, currency=currency)
    return ((line.tax or ZERO) if rules.counts(line) else ZERO) - (was_tax or ZERO)


def _forget_problems(order: Order, changed: Sequence[str]) -> None:
    """What translation complained of, or read uncertainly, at a field that a person has set is settled."""
    order.problems = [p for p in order.problems if not amendment_rules.settles(changed, p["field"], p["code"])]
    if order.evidence:
        order.evidence = [e for e in order.evidence if not amendment_rules.settles(changed, e["field"], "")] or None


def _tell_history(work: _Work, changed: Sequence[str], amendment: Amendment, actor: str, now: datetime) -> None:
    order = work.order
    data = {
        "fields": list(changed),
        "money": any(touches_money(name) for name in changed),
        "was": {name: _shown(name, work.was[name]) for name in changed},
        "became": {name: _shown(name, work.became[name]) for name in changed},
    }
    note = lifecycle.Note("order", order.id, "order.amended", amendment.reason, order_id=order.id, data=data)
    lifecycle.note(work.session, [note], actor=actor, now=now)
    if amendment.entry_error and is_person(order.entered_by):
        fault = NewError(
            "order", order.id, "entry_corrected", "entry", "entry", order.entered_by, True, order.id, amendment.reason
        )
        errors.record(work.session, events=[fault], by=actor, now=now)


def _shown(name: str, value: Any) -> str | None:
    """A value as history keeps it: private ones as their keyed hash only."""
    if value is None:
        return None
    if amendment_rules.is_private(name):
        return crypto.ring().blind_index(str(value)).hex()
    return str(value)
