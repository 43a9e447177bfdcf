"""Who orders and where it goes, out of the columns of a sheet: parts in columns of their own, or all in one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from connectors import addresses, addresses_cn, contacts
from connectors.base import Address, Customer, Invoice, Problem, Severity
from connectors.countries import alpha2
from connectors.problems import problem

Parts = Mapping[str, str]

_CJK = re.compile(r"[\u4e00-\u9fff]")
_STREET_PARTS = ("line1", "line2", "line3")


def parties(
    values: Mapping[str, str], *, country: str | None
) -> tuple[Customer, Address | None, Address | None, tuple[Problem, ...]]:
    """Return (customer, ship_to, bill_to, problems) of one order's cells; `country` is where phones are dialled."""
    groups = {owner: _parts(values, owner) for owner in ("ship_to", "bill_to", "customer")}
    ship_to, ship_problems = _address(groups["ship_to"], "ship_to", country)
    bill_to, bill_problems = _address(groups["bill_to"] or {}, "bill_to", country)
    home, _ = _address(groups["customer"], "customer", country)
    problems = [*ship_problems, *bill_problems]
    fallback = bill_to or home
    if ship_to is None and fallback is not None:
        ship_to = replace(fallback, phone=_phone_of(groups["ship_to"], country) or fallback.phone)
        note = "the sheet has no ship-to address; the customer's own is taken"
        problems.append(problem("address_missing", "ship_to", note, severity=Severity.NOTE))
    customer, customer_problems = _customer(values, groups, ship_to, country)
    if ship_to is not None and ship_to.name is None:
        ship_to = replace(ship_to, name=customer.name)
    return customer, ship_to, bill_to, (*problems, *customer_problems)


def invoice_of(values: Mapping[str, str]) -> Invoice | None:
    """The invoice that the buyer asks for, None where no column speaks of one."""
    title, kind = values.get("invoice.title"), values.get("invoice.type")
    if not title and not kind:
        return None
    return Invoice(type=kind, title=title, tax_id=values.get("customer.tax_id"))


def _parts(values: Mapping[str, str], owner: str) -> dict[str, str]:
    return {name.split(".", 1)[1]: text for name, text in values.items() if name.startswith(f"{owner}.") and text}


def _phone_of(parts: Parts, country: str | None) -> str | None:
    return contacts.phone(parts.get("phone"), country=country, field="ship_to.phone")[0]


def _name(parts: Parts) -> str | None:
    both = [parts[part] for part in ("first_name", "last_name") if parts.get(part)]
    if not both:
        return parts.get("name")
    if all(_CJK.search(part) for part in both):
        return "".join(reversed(both))
    return " ".join(both)


def _address(parts: Parts, field: str, country: str | None) -> tuple[Address | None, tuple[Problem, ...]]:
    if not any(
        parts.get(part) for part in ("address", *_STREET_PARTS, "city", "postal_code", "pickup_point", "region")
    ):
        return None, ()
    named, problems = _country(parts.get("country"), field)
    plain = Address(
        lines=_lines(parts),
        town=parts.get("town"),
        district=parts.get("district"),
        city=parts.get("city"),
        region=parts.get("region"),
        postal_code=parts.get("postal_code"),
        country=named,
        pickup_point=parts.get("pickup_point"),
    )
    found, clashes = _understood(plain, parts, field)
    phone, ext, phone_problems = contacts.phone(
        parts.get("phone"), country=found.country or country, field=f"{field}.phone"
    )
    whole = replace(found, name=_name(parts), company=parts.get("company"), phone=phone, phone_ext=ext)
    missing = () if whole.lines or whole.pickup_point else (_no_street(field),)
    return whole, (*problems, *clashes, *missing, *phone_problems)


def _no_street(field: str) -> Problem:
    return problem("address_missing", f"{field}.lines", "the address has no street; send street and number")


def _country(text: str | None, field: str) -> tuple[str | None, tuple[Problem, ...]]:
    if not text:
        return None, ()
    code = alpha2(text)
    if code:
        return code, ()
    message = f"{text[:40]!r} is no country; write it as two letters, such as DE"
    return None, (problem("address_missing", f"{field}.country", message),)


def _lines(parts: Parts) -> tuple[str, ...]:
    street = [parts[part] for part in _STREET_PARTS if parts.get(part)]
    if parts.get("house") and street:
        street[0] = f"{street[0]} {parts['house']}"
    whole = parts.get("address")
    if whole and whole not in street:
        street.append(whole) if not street else street.insert(0, whole)
    return tuple(line.strip() for text in street for line in text.splitlines() if line.strip())


def _understood(plain: Address, parts: Parts, field: str) -> tuple[Address, tuple[Problem, ...]]:
    text = "".join(filter(None, (plain.region, plain.city, plain.district, *plain.lines)))
    if _CJK.search(text) and plain.country in (None, "CN", "HK", "MO", "TW"):
        return addresses_cn.complete(plain, field=field)
    if parts.get("address") and not any(parts.get(part) for part in ("city", "postal_code", "region")):
        read = addresses.parse("\n".join(plain.lines), country=plain.country)
        return replace(read, pickup_point=plain.pickup_point, district=plain.district, town=plain.town), ()
    return plain, ()


def _customer(
    values: Mapping[str, str], groups: Mapping[str, dict[str, str]], ship_to: Address | None, country: str | None
) -> tuple[Customer, tuple[Problem, ...]]:
    own, ship, bill = groups["customer"], groups["ship_to"], groups["bill_to"]
    dialled = (ship_to.country if ship_to else None) or country
    given = own.get("phone") or bill.get("phone")
    phone, ext, phone_problems = contacts.phone(given, country=dialled, field="customer.phone")
    if not given:
        phone, ext, phone_problems = contacts.phone(ship.get("phone"), country=dialled, field="customer.phone")
        if ship_to is not None and ship_to.phone:
            phone_problems = ()  # said once, at ship_to.phone
    email, email_problems = contacts.email(
        own.get("email") or bill.get("email") or ship.get("email"), field="customer.email"
    )
    customer = Customer(
        external_id=own.get("id"),
        name=_name(own) or _name(bill) or _name(ship),
        company=own.get("company"),
        email=email,
        phone=phone,
        tax_id=own.get("tax_id"),
    )
    return _with_ext(customer, ext), (*phone_problems, *email_problems)


def _with_ext(customer: Customer, ext: str | None) -> Customer:
    return customer if ext is None else replace(customer, phone_ext=ext)
