"""Customer, receiver and payer of an order, from labels, address blocks and the mail's sender."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors import contacts
from connectors.addresses_cn import starts_here
from connectors.base import Address, Customer, Evidence, Invoice, Problem, Severity
from connectors.countries import alpha2
from connectors.mail.addresses import read_address
from connectors.mail.draft import Draft
from connectors.mail.fields import BlockOfLines, Labelled
from connectors.mail.found import found
from connectors.mail.labels import names_receiver
from connectors.mail.letters import Letter
from connectors.mail.places import place_beside
from connectors.problems import problem

_PLACED_BY = re.compile(
    r"\bplaced by\s+(?P<name>[^\n<>]{2,60})|^(?P<first>[^\n:]{2,60}?)\s+(?:has )?placed\b.{0,20}\border\b|\border from\s+(?P<from>[A-Z][^\n:.,]{2,60})",
    re.I,
)
#: Goods sent to a place that the same sentence names.
TO_A_PLACE = re.compile(
    r"\b(?:ship|deliver|send|delivered|shipped|dispatch)\b[^.:\n]{0,60}?\b(?:to|at)\b(?P<who>[^:\n\d]{0,40}:?)\s*(?P<place>\d{1,6}[^\n;]{8,160})"
    r"|(?:发到|寄到|送到|发往|送至|寄至|发货到)\s*[:：]?\s*(?P<cn>[\u4e00-\u9fff][^\n;；]{6,120})",
    re.I,
)
_OUR_PLACE = re.compile(r"^\s*(?:our|my|the|this)\b|\b(?:at|to)\s*:?\s*$|:", re.I)
_BY_WHEN = re.compile(r"\.\s|\.$|。|\s(?:by|before|on|no later than)\s", re.I)
_MACHINE = re.compile(
    r"^(?:no-?reply|do-?not-?reply|notifications?|mailer|info|orders?|sales|store|shop|support|admin|wordpress|woocommerce|service|system|noreply[\w.-]*)$",
    re.I,
)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_PARTS = ("street", "street_2", "city", "region", "area", "postal_code", "country")


@dataclass(slots=True)
class Parties:
    customer: Customer = field(default_factory=Customer)
    ship_to: Address | None = None
    bill_to: Address | None = None
    invoice: Invoice | None = None
    problems: list[Problem] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


def parties_of(draft: Draft, letter: Letter) -> Parties:
    """Read who ordered, who receives and who pays; what can't be made sense of becomes a problem."""
    parties = Parties()
    parties.bill_to = _address(draft, "bill_to", parties)
    parties.ship_to = (
        _address(draft, "ship_to", parties)
        or _from_parts(draft, "ship_to", None, parties)
        or _from_sentence(draft, parties)
    )
    if parties.ship_to is None and parties.bill_to is not None:
        _to_the_payer(draft, parties, parties.bill_to)
    country = (parties.ship_to.country if parties.ship_to else None) or letter.country
    _customer(draft, letter, parties, country)
    _receiver(draft, parties, country)
    parties.invoice = _invoice(draft)
    return parties


def _to_the_payer(draft: Draft, parties: Parties, payer: Address) -> None:
    """Deliver to who pays, unless another place stands in the mail that no heading explains."""
    if place_beside(draft, payer):
        told = "the mail names no address to deliver to but the payer's, and another place; say where the goods go"
        parties.problems.append(problem("address_missing", "ship_to", told))
        return
    parties.ship_to = payer
    note = "the mail names no address to deliver to; the billing address is taken"
    parties.problems.append(problem("address_missing", "ship_to", note, severity=Severity.NOTE))


def _address(draft: Draft, kind: str, parties: Parties) -> Address | None:
    # A heading that says "ship to" is surer than one that names the consignee.
    for block in sorted(draft.scan.blocks, key=lambda block: names_receiver(block.label)):
        if block.kind != kind or not block.lines:
            continue
        address, problems = read_address(_with_area(block.lines, draft), field=kind, named=_named(draft, kind))
        if address is not None:
            address = _with_labelled(address, draft, kind)
            parties.problems += problems
            parties.evidence.append(found(None, _trust(address), "\n".join(block.lines)).evidence(kind))
            return address
    return _from_parts(draft, kind, kind, parties)


def _named(draft: Draft, kind: str) -> str | None:
    """Who gets the goods where a label of their own says so."""
    said = draft.scan.first("ship_name") if kind == "ship_to" else None
    return said.value if said else None


def _with_area(lines: Sequence[str], draft: Draft) -> Sequence[str]:
    """A Chinese street with the province and city that a label of their own names."""
    area = draft.scan.first("area")
    if area is None or not _CJK.search(area.value) or starts_here(lines[0]):
        return lines
    return [area.value + lines[0], *lines[1:]]


def _trust(address: Address) -> str:
    if (
        address.lines
        and (address.city or address.district)
        and (address.postal_code or address.adcode or address.country)
    ):
        return "0.9"
    return "0.7" if address.lines else "0.4"


def _with_labelled(address: Address, draft: Draft, kind: str) -> Address:
    """What labels inside the block say: name, company, country."""
    inside = {said.key: said.value for said in reversed(draft.scan.labelled) if said.section == kind}
    both = " ".join(inside[part] for part in ("first_name", "last_name") if part in inside)
    return replace(
        address,
        name=both or inside.get("ship_name") or inside.get("customer_name") or address.name,
        company=inside.get("company") or address.company,
        postal_code=address.postal_code or inside.get("postal_code"),
        city=address.city or inside.get("city"),
        region=address.region or inside.get("region"),
        country=address.country or alpha2(inside.get("country")),
    )


def _from_parts(draft: Draft, kind: str, section: str | None, parties: Parties) -> Address | None:
    """An address told label by label: street, city, postal code."""
    labelled = [said for said in draft.scan.labelled if said.section == section]
    said = {text.key: text.value for text in reversed(labelled) if text.key in _PARTS}
    if "street" not in said and not {"city", "postal_code"} <= set(said):
        return None
    if _CJK.search("".join(said.values())):
        whole = "".join(said.get(part, "") for part in ("area", "region", "city", "street"))
        address, problems = read_address([whole], field=kind, named=_named(draft, kind))
        parties.problems += problems
    elif set(said) <= {"street", "country"} and said["street"].count(",") >= 2:
        address, _ = read_address([said["street"]], field=kind)
    else:
        street = tuple(said[part] for part in ("street", "street_2") if part in said)
        address = Address(lines=street, city=said.get("city"), region=said.get("region"))
    if address is None:
        return None
    parties.evidence.append(found(None, "0.85", " ".join(said.values())).evidence(kind))
    return (
        _with_labelled(address, draft, section)
        if section
        else replace(
            address,
            postal_code=address.postal_code or said.get("postal_code"),
            country=address.country or alpha2(said.get("country")),
        )
    )


def _from_sentence(draft: Draft, parties: Parties) -> Address | None:
    """An address in running text: "please ship to our warehouse at: 123 Innovation Drive, Techville, CA 90210"."""
    for line in draft.lines:
        match = TO_A_PLACE.search(line[:400])
        if not match:
            continue
        who = "" if match["cn"] or _OUR_PLACE.search(match["who"]) else match["who"]
        place = _BY_WHEN.split(who + (match["place"] or match["cn"]))[0]
        address, problems = read_address([place], field="ship_to")
        if address is not None and (address.city or address.adcode):
            parties.problems += problems
            parties.evidence.append(found(None, "0.6", line).evidence("ship_to"))
            return address
    return None


def _customer(draft: Draft, letter: Letter, parties: Parties, country: str | None) -> None:
    scan = draft.scan
    name, company, tax_id, ident = (scan.first(key) for key in ("customer_name", "company", "tax_id", "customer_id"))
    blocks = [block for block in scan.blocks if block.kind == "customer" and block.lines]
    told_name = name.value if name else _told_name(draft, letter, parties, blocks)
    phone, phone_ext = _phone(_customer_contact(scan.labelled, "phone"), "customer.phone", country, parties)
    parties.customer = Customer(
        external_id=ident.value[:80] if ident else None,
        name=told_name,
        company=_company(company, parties),
        email=_email(draft, letter, parties),
        phone=phone,
        phone_ext=phone_ext,
        tax_id=tax_id.value.split("  ")[0][:40] if tax_id else None,
    )
    if told_name:
        sure = "0.9" if name else "0.7"
        parties.evidence.append(found(None, sure, name.source if name else told_name).evidence("customer.name"))


def _company(said: Labelled | None, parties: Parties) -> str | None:
    if said:
        return said.value[:120]
    return next(
        (address.company for address in (parties.bill_to, parties.ship_to) if address and address.company), None
    )


def _told_name(draft: Draft, letter: Letter, parties: Parties, blocks: Sequence[BlockOfLines]) -> str | None:
    if blocks:
        return blocks[0].lines[0][:120]
    if letter.merchant_notice:
        match = next(
            (match for text in (letter.subject, *draft.lines[:30]) if (match := _PLACED_BY.search(text[:200]))), None
        )
        named = next((text for text in match.groups() if text), None) if match else None
        payer = parties.bill_to or parties.ship_to
        return (payer.name if payer else None) or (named.strip(" .:,") if named else None)
    return letter.sender_name


def _customer_contact(labelled: Sequence[Labelled], key: str) -> Labelled | None:
    """A contact that stands outside the receiver's block, else the one inside it."""
    said = [text for text in labelled if text.key == key]
    outside = [text for text in said if text.section != "ship_to"]
    return (outside or said or [None])[0]  # type: ignore[list-item]


def _email(draft: Draft, letter: Letter, parties: Parties) -> str | None:
    said = _customer_contact(draft.scan.labelled, "email")
    own = letter.sender if letter.sender and not letter.merchant_notice else None
    if said is None and own and not _is_machine(own):
        parties.evidence.append(found(None, "0.9", f"From: {own}").evidence("customer.email"))
        return contacts.email(own, field="customer.email")[0]
    if said is None:
        return None
    address = re.search(r"[^\s<>()\[\]，,;；]+@[^\s<>()\[\]，,;；]+", said.value[:300])
    value, problems = contacts.email(address[0] if address else said.value[:120], field="customer.email")
    parties.problems += problems
    parties.evidence.append(found(None, "0.3" if problems else "0.95", said.source).evidence("customer.email"))
    return value


def _is_machine(address: str) -> bool:
    return bool(_MACHINE.match(address.split("@")[0])) and bool(
        re.match(r"no-?reply|do-?not|mailer|notification", address, re.I)
    )


def _phone(
    said: Labelled | None, field_name: str, country: str | None, parties: Parties
) -> tuple[str | None, str | None]:
    if said is None:
        return None, None
    text = re.split(r"[,，;；]|\s{2,}|\s/\s|(?<=\d)\s+(?=[A-Za-z\u4e00-\u9fff]{2})", said.value[:120])[0].strip()
    number, ext, problems = contacts.phone(
        text, country=country or ("CN" if _CJK.search(said.source) else None), field=field_name
    )
    parties.problems += [known for known in problems if known not in parties.problems]
    parties.evidence.append(found(None, "0.4" if problems else "0.95", said.source).evidence(field_name))
    return number, ext


def _receiver(draft: Draft, parties: Parties, country: str | None) -> None:
    """The receiver's name and phone; where the mail names one person only, the customer is the receiver."""
    ship_to = parties.ship_to
    if ship_to is None:
        return
    name = draft.scan.first("ship_name")
    inside = next((said for said in draft.scan.labelled if said.key == "phone" and said.section == "ship_to"), None)
    if inside:
        number, ext = _phone(inside, "ship_to.phone", country, parties)
    elif ship_to.phone:
        number, ext, problems = contacts.phone(ship_to.phone, country=country, field="ship_to.phone")
        parties.problems += problems
    else:
        number, ext = parties.customer.phone, parties.customer.phone_ext
    customer_phone = parties.customer.phone or number
    parties.customer = replace(parties.customer, phone=customer_phone)
    parties.ship_to = replace(
        ship_to,
        name=(name.value[:80] if name else None)
        or ship_to.name
        or (None if ship_to.company else parties.customer.name),
        phone=number,
        phone_ext=ext,
    )


def _invoice(draft: Draft) -> Invoice | None:
    parts = {key: said.value[:200] for key in _INVOICE if (said := draft.scan.first(f"invoice_{key}"))}
    tax_id = draft.scan.first("tax_id")
    if not {"title", "type"} & set(parts):
        return None
    return Invoice(**parts, tax_id=tax_id.value[:40] if tax_id else None)


_INVOICE = ("title", "type", "address", "phone", "bank", "account", "email")
