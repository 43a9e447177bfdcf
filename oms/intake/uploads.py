"""Purchase orders whose sender waits for the answer: what they can mend at once is refused by row, not held (I-5). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.base import ChannelOrder, Kind, Severity

#: Problems that hold an order which nobody can ask back about, but that a waiting sender mends in the file.
MENDABLE = frozenset({"qty_invalid", "qty_missing", "sku_missing", "no_lines", "currency_unsure"})
_ROW = re.compile(r"row (\d+)\b")


@dataclass(frozen=True, slots=True)
class Wrong:
    """`row` as the sender counts: a sheet's row number, or the place of an element in a JSON list, from 0."""

    row: int
    column: str
    message: str


def strict(order: ChannelOrder, shape: Mapping[str, Any]) -> tuple[ChannelOrder, dict[str, Any]]:
    """The order and its JSON with mendable problems as refusals; a cancellation needs no more than its number."""
    if order.kind is Kind.CANCELLATION or not order.problems:
        return order, dict(shape)
    problems = tuple(replace(one, severity=Severity.REFUSE) if one.code in MENDABLE else one for one in order.problems)
    told = [
        one | {"severity": Severity.REFUSE.value} if one["code"] in MENDABLE else one
        for one in shape.get("problems", [])
    ]
    return replace(order, problems=problems), {**shape, "problems": told}


def wrong_of(position: int, became: str, problems: list[dict[str, str]]) -> list[Wrong]:
    """What an element that became no order tells its sender; nothing where only its neighbours are wrong."""
    refused = [one for one in problems if one["severity"] == Severity.REFUSE]
    if refused:
        return [_place(position, one) for one in refused]
    return [] if became == "refused" else [Wrong(position, "", f"this is no order: it is {became.replace('_', ' ')}")]


def _place(position: int, problem: Mapping[str, str]) -> Wrong:
    """`rows.7.qty` names its row; a line's problem of a sheet says it in its message."""
    field = problem["field"]
    first, _, rest = field.partition(".")
    number, _, column = rest.partition(".")
    if first == "rows" and number.isdigit():
        return Wrong(int(number), column, problem["message"])
    said = _ROW.match(problem["message"])
    if said is not None:
        return Wrong(int(said[1]), field.rpartition(".")[2], problem["message"])
    return Wrong(position, field, problem["message"])
