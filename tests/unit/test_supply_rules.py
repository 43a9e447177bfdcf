"""What of a demand is on its way to a house that can send it, and what comes for whom: pure."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from oms.supply.rules import Awaited, filled, uncovered

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


SKU, OTHER = uuid.UUID(int=5), uuid.UUID(int=6)


def _awaited(number: int, house: uuid.UUID, coming: int, **waiting: int) -> Awaited:
    return Awaited(uuid.UUID(int=number), house, SKU, Decimal(coming), _numbers(waiting))


@pytest.mark.parametrize(
    ("house", "qty", "awaited", "fills"),
    [
        (A, 3, [_awaited(1, A, 5, CN=5)], {1: 3}),
        # More than was asked for is told as it came.
        (A, 8, [_awaited(1, A, 5, CN=5)], {1: 8}),
        (A, 8, [_awaited(1, A, 5, CN=5), _awaited(2, B, 9, FR=2)], {1: 8, 2: 2}),
        (A, 8, [_awaited(1, A, 5, CN=5), _awaited(2, B, 9, FR=7)], {1: 8, 2: 3}),
        (A, 8, [_awaited(1, A, 5, CN=5), _awaited(2, B, 9, DE=9)], {1: 8}),
        (A, 8, [_awaited(2, B, 4, DE=3, FR=6)], {2: 4}),
        (B, 8, [_awaited(1, A, 5, FR=5), _awaited(2, B, 0, DE=9)], {1: 5, 2: 8}),
        (A, 8, [], {}),
    ],
)
def test_what_is_over_fills_what_another_house_awaits_for_those_who_can_be_served_here(
    house: uuid.UUID, qty: int, awaited: list[Awaited], fills: dict[int, int]
) -> None:
    found = filled({(house, SKU): Decimal(qty)}, awaited, HOUSES)
    assert found == {uuid.UUID(int=number): Decimal(pieces) for number, pieces in fills.items()}


def test_other_goods_fill_nothing() -> None:
    assert filled({(A, OTHER): Decimal(3)}, [_awaited(1, A, 5, CN=5)], HOUSES) == {}
