"""What of a demand is on its way to a house that can send it, and what comes for whom: pure."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from oms.supply.rules import uncovered

A, B = uuid.UUID(int=1), uuid.UUID(int=2)
HOUSES = {"CN": [A], "DE": [B], "FR": [B, A]}


def _numbers(given: dict[str, int]) -> dict[str, Decimal]:
    return {name: Decimal(qty) for name, qty in given.items()}


@pytest.mark.parametrize(
    ("waiting", "coming", "asking", "missing"),
    [
        ({"CN": 5}, {A: 2}, ["CN"], {"CN": 3}),
        ({"CN": 5}, {B: 9}, ["CN"], {"CN": 5}),
        ({"CN": 5, "DE": 5}, {A: 9, B: 5}, ["DE"], {"CN": 0, "DE": 0}),
        ({"CN": 5, "DE": 5}, {A: 5}, ["CN"], {"CN": 0, "DE": 5}),
        # What may come from either house leaves to the others the house that is their only one.
        ({"CN": 5, "FR": 5}, {A: 5, B: 5}, ["CN", "FR"], {"CN": 0, "FR": 0}),
        ({"DE": 5, "FR": 5}, {A: 5, B: 5}, ["DE"], {"DE": 0, "FR": 0}),
        # Whoever asks asks for what is missing in all.
        ({"DE": 5, "FR": 5}, {B: 5}, ["DE"], {"DE": 5, "FR": 0}),
        ({"DE": 5, "FR": 5}, {B: 5}, ["FR"], {"DE": 0, "FR": 5}),
    ],
)
def test_what_no_open_request_brings_has_to_be_asked_for(
    waiting: dict[str, int], coming: dict[uuid.UUID, int], asking: list[str], missing: dict[str, int]
) -> None:
    brought = {house: Decimal(qty) for house, qty in coming.items()}
    assert uncovered(_numbers(waiting), brought, HOUSES, asking) == _numbers(missing)
