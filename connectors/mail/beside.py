"""Goods that a mail names beside its table: who adds one in a sentence wants it, and no row holds it."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.base import Problem, Severity
from connectors.mail.draft import Draft
from connectors.mail.free_text import items_in
from connectors.problems import problem

_MAX_LINES = 1000


def beside(draft: Draft) -> Iterator[Problem]:
    """What holds a mail whose table is read and whose other words name goods that stand in no row of it."""
    if not draft.in_tables:
        return
    known = {item.sku.value.casefold() for item in draft.items if item.sku}
    for item in items_in(draft.unread()[:_MAX_LINES]):
        if item.sku and item.qty and item.sku.value.casefold() not in known:
            told = f"{item.source.strip()[:80]!r} names goods outside the table; enter them too, if they are ordered"
            yield problem("row_invalid", "lines", told, severity=Severity.HOLD)
            return
