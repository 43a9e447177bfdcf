"""A customer's words pasted into the form of an order: read into its fields, and what could not be is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from connectors import registry
from connectors.base import Received, Severity
from oms.errors import InputInvalid
from oms.parties.channels import config_of
from oms.parties.models import Channel
from oms.verification import units
from oms.web.pages.entry_form import ADDRESS, CUSTOMER, LINE, MOST_LINES, Draft, cell, fill, present, said


def paste(draft: Draft, channel: Channel) -> dict[str, str]:
    """Read the pasted block; what it names goes into the form, with the text it was read from. Read again, it stands there once.

    A price in another currency than the channel's is left out, and lines beyond those that the form has: what it returns
    says so by field.
    """
    text = draft.get("paste")
    if not text:
        raise InputInvalid("nothing was pasted", fields={"paste": gettext("Paste the customer's words first.")})
    read = registry.translated(config_of(channel), Received(body=text.encode(), channel=channel.name))[0]
    problems: list[Mapping[str, Any]] = read.get("problems") or []
    unread = [one["message"] for one in problems if one["severity"] == Severity.REFUSE.value]
    if unread:
        raise InputInvalid("the text cannot be read", fields={"paste": "; ".join(unread)})
    party: Mapping[str, Any] = read.get("customer") or {}
    address: Mapping[str, Any] = read.get("ship_to") or {}
    fill(draft, "customer", CUSTOMER, party)
    fill(draft, "ship_to", ADDRESS, {"name": party.get("name"), "phone": party.get("phone"), **present(address)})
    _forget_pasted(draft)
    before, lines = len(draft.lines), list(read.get("lines") or [])
    # What is no SKU yet is kept as it was said, so that the specialist can look for it.
    draft.lines += [
        {part: said(line.get(part)) for part in LINE} | {"said": said(line.get("name")), "unit": said(line.get("unit"))}
        for line in lines
    ]
    faults = _doubts(problems, before) | _left_out(draft)
    if read.get("buyer_message"):
        draft.values["buyer_message"] = said(read["buyer_message"])
    evidence: list[Mapping[str, Any]] = read.get("evidence") or []
    draft.evidence = {_moved(str(one["field"]), before): one for one in evidence}
    if channel.currency is not None and read.get("currency") != channel.currency:
        faults |= _without_prices(draft, before, str(channel.currency))
    _remember(draft, before)
    return faults


def ask_counts(draft: Draft, sold_in: Mapping[str, str]) -> dict[str, str]:
    """Empty the quantities that were said in cases and the like of goods sold by the piece; what to say beside each."""
    told: dict[str, str] = {}
    for place, line in enumerate(draft.lines):
        own = sold_in.get(line["sku"], "EA")
        if units.differ(line.get("unit"), own):
            counted = f"{line['qty']} {line['unit']}"
            told[f"lines.{place}.qty"] = gettext("Said as %(said)s: enter how many %(unit)s.", said=counted, unit=own)
            # Goods that are still to be looked up keep theirs: a line without either would be gone from the form.
            line["qty"] = "" if line["sku"] else line["qty"]
    _remember(draft, len(draft.lines) - len(draft.get("pasted").splitlines()))
    return told


def _remember(draft: Draft, before: int) -> None:
    """Keep in the form which lines came of the block, as they stand now."""
    draft.values["pasted"] = "\n".join(map(_as_pasted, draft.lines[before:]))


def _doubts(problems: list[Mapping[str, Any]], before: int) -> dict[str, str]:
    """What was said in a way that has two readings, beside the field that stays empty for it."""
    return {
        _moved(one["field"], before): one["message"]
        for one in problems
        if one["code"] == "qty_invalid" and one["field"].startswith("lines.")
    }


def _as_pasted(line: Mapping[str, str]) -> str:
    return "|".join(cell(part, line.get(part, "")) for part in LINE)


def _forget_pasted(draft: Draft) -> None:
    """Take out the lines that an earlier reading gave and nobody has touched: the block is read anew, not once more."""
    for former in draft.get("pasted").splitlines():
        own = next((line for line in draft.lines if _as_pasted(line) == former), None)
        if own is not None:
            draft.lines.remove(own)


def _left_out(draft: Draft) -> dict[str, str]:
    """Cut the lines for which the form has no room; what to say of them."""
    over = draft.lines[MOST_LINES:]
    if not over:
        return {}
    del draft.lines[MOST_LINES:]
    first = over[0].get("sku") or over[0].get("said") or ""
    told = gettext(
        "The form has %(most)s lines: %(count)s were left out, from %(first)s on. Enter them as an order of their own.",
        most=MOST_LINES, count=len(over), first=first,
    )  # fmt: skip
    return {"lines": told}


def _moved(name: str, by: int) -> str:
    """Where the evidence of a pasted line stands when lines were typed before it."""
    group, _, rest = name.partition(".")
    place, dot, part = rest.partition(".")
    return f"lines.{int(place) + by}{dot}{part}" if group == "lines" and place.isdigit() else name


def _without_prices(draft: Draft, before: int, currency: str) -> dict[str, str]:
    """Empty the prices of the pasted lines; what to say beside each that had one."""
    priced = [place for place, line in enumerate(draft.lines) if place >= before and line["unit_price"]]
    for place in priced:
        draft.lines[place]["unit_price"] = ""
    told = gettext("Not said in %(currency)s: enter the price in it.", currency=currency)
    return {f"lines.{place}.unit_price": told for place in priced}
