"""Cartons are chosen so that everything fits as it may stand; an independent judge finds no violation."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import InputInvalid
from oms.fulfilment.carton_check import check_packing
from oms.fulfilment.carton_goods import CartonKind, Packing, PackingNote, Piece
from oms.fulfilment.cartons import choose_cartons


def kind(code: str, length: int, width: int, height: int, *, limit_g: int = 20_000) -> CartonKind:
    """A carton whose cost is its dimensional weight (cm3 / 5000)."""
    return CartonKind(
        code, length, width, height, limit_g, tare_g=100, cost=Decimal(length * width * height) / 5_000_000
    )


KINDS = [
    kind("XS", 200, 150, 100),
    kind("S", 300, 200, 150),
    kind("M", 400, 300, 250),
    kind("L", 600, 400, 350),
    kind("XL", 600, 600, 600),
]


def piece(sku: str, *sides: int, weight_g: int = 100, **marks: bool) -> Piece:
    length, width, height = sides or (None, None, None)
    return Piece(sku, weight_g, length, width, height, **marks)


side = st.integers(20, 420)
sizes = st.one_of(st.just((None, None, None)), st.tuples(side, side, side))
pieces_to_pack = st.lists(
    st.builds(
        lambda sku, size, weight, up, fragile: Piece(sku, weight, *size, this_side_up=up, fragile=fragile),
        st.sampled_from("ABCDEFG"),
        sizes,
        st.integers(0, 9_000),
        st.booleans(),
        st.booleans(),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(pieces_to_pack)
def test_no_packing_breaks_a_rule(pieces: list[Piece]) -> None:
    packing = choose_cartons(pieces, KINDS, tolerance_mm=0)
    assert check_packing(pieces, packing) == []
    assert packing.unboxed == () or PackingNote.TOO_LARGE in dict(packing.notes)


def test_the_cheapest_carton_that_takes_everything_is_chosen() -> None:
    packing = choose_cartons([piece("CUP", 95, 95, 90)] * 2, KINDS)
    assert [filled.carton.code for filled in packing.cartons] == ["XS"]
    assert packing.notes == ()


def test_a_tall_piece_that_must_stay_upright_needs_a_taller_carton() -> None:
    lying = choose_cartons([piece("VASE", 90, 90, 240)], KINDS)
    upright = choose_cartons([piece("VASE", 90, 90, 240, this_side_up=True)], KINDS)
    assert [lying.cartons[0].carton.code, upright.cartons[0].carton.code] == ["S", "M"]


def test_the_tolerance_is_kept_free() -> None:
    exact = [piece("BOX", 200, 150, 100)]
    assert choose_cartons(exact, KINDS, tolerance_mm=0).cartons[0].carton.code == "XS"
    assert choose_cartons(exact, KINDS).cartons[0].carton.code == "S"


def test_too_heavy_for_one_carton_becomes_two() -> None:
    packing = choose_cartons([piece("IRON", 100, 100, 100, weight_g=9_000)] * 4, KINDS)
    assert sorted(len(filled.pieces) for filled in packing.cartons) == [2, 2]
    assert all(filled.gross_weight_g == 18_100 for filled in packing.cartons)


def test_two_bulky_pieces_share_the_cheapest_pair_of_cartons() -> None:
    pieces = [piece("SHELF", 590, 390, 340), piece("SHELF", 590, 390, 340), piece("SHELF", 590, 390, 340)]
    packing = choose_cartons(pieces, [carton for carton in KINDS if carton.code != "XL"])
    assert [filled.carton.code for filled in packing.cartons] == ["L", "L", "L"]


def test_nothing_stands_on_a_fragile_piece() -> None:
    pieces = [piece("GLASS", 190, 140, 45, fragile=True), piece("BOOK", 190, 140, 45)]
    packing = choose_cartons(pieces, KINDS)
    assert [layer.goods for layer in packing.cartons[0].layers()] == [(("BOOK", 1),), (("GLASS", 1),)]


def test_layers_tell_the_packer_what_goes_in_first() -> None:
    packing = choose_cartons([piece("TILE", 95, 70, 30)] * 8, [KINDS[0]])
    layers = packing.cartons[0].layers()
    assert [layer.z_mm for layer in layers] == sorted(layer.z_mm for layer in layers)
    assert sum(count for layer in layers for _, count in layer.goods) == 8


def test_goods_without_sizes_are_packed_by_weight_and_noted() -> None:
    packing = choose_cartons([piece("MYSTERY", weight_g=15_000)] * 2, KINDS)
    assert len(packing.cartons) == 2
    assert dict(packing.notes) == {PackingNote.SIZE_MISSING: ("MYSTERY",)}


def test_a_piece_larger_than_every_carton_travels_in_its_own_packaging() -> None:
    packing = choose_cartons([piece("SKI", 1_900, 100, 80), piece("CUP", 95, 95, 90)], KINDS)
    assert [lone.sku for lone in packing.unboxed] == ["SKI"]
    assert dict(packing.notes) == {PackingNote.TOO_LARGE: ("SKI",)}


def test_hundreds_of_pieces_are_packed_by_volume_at_once() -> None:
    pieces = [piece("PEN", 140, 20, 20, weight_g=20)] * 500
    packing = choose_cartons(pieces, KINDS)
    assert check_packing(pieces, packing) == []
    assert dict(packing.notes) == {PackingNote.BY_VOLUME: ("PEN",)}


def test_nothing_to_pack_needs_no_carton() -> None:
    assert choose_cartons([], KINDS) == Packing(())


def test_the_same_goods_get_the_same_cartons() -> None:
    order = random_order(random.Random(5))
    assert choose_cartons(order, KINDS) == choose_cartons(order, KINDS)


@pytest.mark.parametrize("sides", [(0, 10, 10), (10, -1, 10)])
def test_impossible_sizes_are_refused_by_sku(sides: tuple[int, int, int]) -> None:
    with pytest.raises(InputInvalid, match="SKU NIL"):
        piece("NIL", *sides)


def test_the_judge_sees_every_kind_of_violation() -> None:
    pieces = [piece("A", 90, 90, 90, this_side_up=True), piece("B", 80, 80, 80)]
    good = choose_cartons(pieces, [KINDS[0]])
    filled = good.cartons[0]
    one, other = filled.placed
    spoiled = {
        "overlap": (one, replace(other, x_mm=one.x_mm, y_mm=one.y_mm, z_mm=one.z_mm)),
        "sticks out": (one, replace(other, x_mm=150)),
        "hangs in the air": (one, replace(other, z_mm=15)),
        "changed its size": (one, replace(other, height_mm=79)),
        "not upright": (replace(one, piece=replace(one.piece, height_mm=91, length_mm=90, width_mm=90)), other),
    }
    assert check_packing(pieces, good) == []
    for fault, placed in spoiled.items():
        found = check_packing(pieces, replace(good, cartons=(replace(filled, placed=placed),)))
        assert any(fault in words for words in found), fault


def random_order(dice: random.Random) -> list[Piece]:
    """1 to 15 pieces of SKUs of every shape, one in five this side up."""
    order: list[Piece] = []
    while len(order) < dice.randint(1, 15):
        sides = [int(dice.lognormvariate(4.7, 0.5)) + 20 for _ in range(3)]
        sku = piece(
            f"S{dice.randrange(400)}", *sides, weight_g=dice.randint(50, 3_000), this_side_up=dice.random() < 0.2
        )
        order += [sku] * dice.randint(1, 3)
    return order[:15]


def test_ordinary_orders_get_their_cartons_within_the_time_of_a_scan() -> None:
    dice = random.Random(11)
    taken = []
    for _ in range(60):
        order = random_order(dice)
        started = time.process_time()
        packing = choose_cartons(order, KINDS)
        taken.append(time.process_time() - started)
        assert check_packing(order, packing) == []
    assert sorted(taken)[30] < 0.1


def test_an_order_of_thousands_of_pieces_keeps_no_packer_waiting() -> None:
    pieces = [bolt for n in range(8) for bolt in [piece(f"BOLT-{n}", 90, 60, 50, weight_g=400 + n)] * 1_000]
    started = time.process_time()
    packing = choose_cartons(pieces, KINDS)
    assert time.process_time() - started < 3
    assert Counter(packed for filled in packing.cartons for packed in filled.pieces) == Counter(pieces)
