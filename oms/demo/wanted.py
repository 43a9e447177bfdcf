"""Hold the day's end against the scenario: every order where it should be, none that should not be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oms.demo.scenario import CASES, Case


def differences(notes_path: Path, orders: Sequence[Mapping[str, Any]]) -> list[str]:
    """What ended otherwise, in words; empty when all is as it should be.

    The robots' notes say under which number of its channel each case was placed.
    """
    if not notes_path.exists():
        return ["the robots left no notes: the day was not run"]
    notes = json.loads(notes_path.read_text(encoding="utf-8"))
    by_id = {(o["channel"], o["channel_order_number"]): o for o in orders}
    found = [word for case in CASES if (word := _difference(case, notes["placed"].get(case.key), by_id))]
    expected = {(c.channel, notes["placed"].get(c.key)) for c in CASES if c.wanted is not None}
    strangers = [o for key, o in by_id.items() if key not in expected]
    found += [
        f"{o['channel']} {o['channel_order_number']} ({o['number']}) became an order and is in no scenario"
        for o in strangers
    ]
    return found + [f"not done: {word}" for word in notes.get("undone", [])]


def _difference(case: Case, placed_as: str | None, by_id: Mapping[tuple[str, str], Mapping[str, Any]]) -> str | None:
    order = by_id.get((case.channel, placed_as or ""))
    if case.wanted is None:
        return f"{case.key} ({case.how}) became an order" if order else None
    if order is None:
        return f"{case.key} on {case.channel} became no order (number {placed_as})"
    is_now = (order["status"], order["fulfilment_status"], order["return_status"])
    return None if is_now == case.wanted else f"{case.key} {order['number']} is {is_now}, wanted {case.wanted}"
