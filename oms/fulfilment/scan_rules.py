"""Whether a scan is right: pure. The answer tells the worker what to do next."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may be scanned now: a pick task, or a line to pack. `bin_code` None where no bin is asked for."""

    id: uuid.UUID
    sku_id: uuid.UUID
    left: Decimal
    bin_code: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answer`: ok | unknown_code | wrong_sku | wrong_bin | too_many; `wanted` is what an ok scan counts for."""

    answer: str
    wanted: Wanted | None = None
    qty: Decimal = Decimal(0)

    @property
    def accepted(self) -> bool:
        return self.answer == "ok"


def judge(
    wanted: Sequence[Wanted], *, sku_id: uuid.UUID | None, per_scan: Decimal, qty: Decimal, bin_code: str | None
) -> Verdict:
    """Hold one scan against what is wanted.

    `per_scan` is what one barcode stands for (a case of 12); `qty` how many times it was scanned or keyed.
    """
    pieces = per_scan * qty
    if sku_id is None:
        return Verdict("unknown_code")
    same = [w for w in wanted if w.sku_id == sku_id]
    if not same:
        return Verdict("wrong_sku")
    here = [w for w in same if w.bin_code is None or w.bin_code == bin_code]
    if not here:
        return Verdict("wrong_bin")
    fits = [w for w in here if w.left >= pieces]
    if pieces <= 0 or not fits:
        return Verdict("too_many")
    return Verdict("ok", fits[0], pieces)
