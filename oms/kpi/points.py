"""From rates to points, composition, grade and factor (K-6). Pure; a factor is a proposal, never pay.

Weights, floors, targets and bars are policy values `kpi.*`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

HUNDRED = Decimal(100)
TENTH = Decimal("0.1")


class Shown(StrEnum):
    """What a satisfaction figure may be used for, by its number of answers."""

    HIDDEN = "hidden"
    UNSCORED = "unscored"
    SCORED = "scored"


def points(rate: Decimal, *, floor: Decimal, target: Decimal) -> Decimal:
    """100 x (rate - floor) / (target - floor), within 0-100, to one decimal."""
    if target <= floor:
        raise ValueError(f"the target {target} must lie above the floor {floor}")
    raw = HUNDRED * (rate - floor) / (target - floor)
    return min(max(raw, Decimal(0)), HUNDRED).quantize(TENTH, rounding=ROUND_HALF_UP)


def satisfaction_shown(answers: int, *, hidden_below: int, scored_from: int) -> Shown:
    """Under 5 answers hidden, 5-9 shown unscored, from 10 scored (K-4)."""
    if answers < hidden_below:
        return Shown.HIDDEN
    return Shown.SCORED if answers >= scored_from else Shown.UNSCORED


def shared_out(weights: Mapping[str, Decimal], missing: Collection[str]) -> dict[str, Decimal]:
    """The weights of what is there, scaled to 100: the weight of what is missing is shared out in proportion."""
    there = {key: weight for key, weight in weights.items() if key not in missing and weight > 0}
    total = sum(there.values(), Decimal(0))
    return {key: HUNDRED * weight / total for key, weight in there.items()}


def composed(scores: Mapping[str, Decimal | None], weights: Mapping[str, Decimal]) -> Decimal | None:
    """The weighted points of a person or team, to one decimal; None where nothing at all is scored."""
    shares = shared_out(weights, {key for key in weights if scores.get(key) is None})
    if not shares:
        return None
    total = sum((share * (scores[key] or Decimal(0)) for key, share in shares.items()), Decimal(0))
    return (total / HUNDRED).quantize(TENTH, rounding=ROUND_HALF_UP)


def grade(total: Decimal, bars: Mapping[str, Decimal]) -> str:
    """The best grade whose bar is reached (A 90, B 80, C 70), else D; no forced distribution."""
    return next((name for name, bar in sorted(bars.items()) if total >= bar), "D")
