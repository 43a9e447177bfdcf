"""Several forms one under the other on a sheet: each has a number of its own above a head of its own, and is an order by itself.

A program that prints one long form repeats its head, and perhaps its number, on each page: that stays one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from connectors.headers import recognise
from connectors.sheet_labels import footer_of, labelled
from connectors.sheet_merge import SheetSettings
from connectors.tables import Row, Table


def apart(table: Table, settings: SheetSettings) -> list[Table]:
    """The forms of a sheet as tables; a sheet of one is itself."""
    if not table.repeats or "channel_order_id" in recognise(table.headers, settings.mapping):
        return [table]
    rows, places = table.rows, [row.number for row in table.rows]
    form, forms, number = replace(table, repeats=()), list[Table](), _number(table.preamble)
    begin = looked = 0
    for head in table.repeats:
        end = bisect_left(places, head)
        at = _begin(rows, looked, end, number)
        looked = end
        if at is not None:
            forms.append(replace(form, rows=rows[begin:at]))
            form, begin = replace(form, preamble=rows[at:end], header_row=head), end
            number = _number(form.preamble)
    return [*forms, replace(form, rows=rows[begin:])]


def _number(rows: Sequence[Row]) -> str | None:
    return labelled(rows).get("channel_order_id")


def _begin(rows: Sequence[Row], first: int, end: int, number: str | None) -> int | None:
    """Where the form begins whose number stands above a repeated head; None where there is none, or that of the form before."""
    at = next((at for at in range(first, end) if _number(rows[at : at + 1]) not in (None, number)), None)
    # What stands right above the number is the form's as well: its title, its date.
    while at is not None and at > first and rows[at - 1].number == rows[at].number - 1 and _is_above(rows[at - 1]):
        at -= 1
    return at


def _is_above(row: Row) -> bool:
    filled = [cell for cell in row.cells if cell]
    return footer_of(row, money_places=()) is None and (len(filled) == 1 or bool(labelled([row])))
