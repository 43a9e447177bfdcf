"""Which faults the sweep tries, and that a failpoint does what its name says."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from oms.db import Database, make_engine
from tests.conftest import CleanDatabase
from tests.torture import failpoints
from tests.torture.failpoints import MODES, Point, Watch, install
from tests.torture.sweep_forks import Ended, in_child
from tests.torture.sweep_plan import CI, EACH, FULL, LABELS, Part, plan

POINTS = [Point(f"{kind} {word}", place) for kind in MODES for word in ("one", "two") for place in (1, 2, 3)]
LEGS = [("pick", POINTS), ("pack", POINTS)]


def test_the_sample_has_each_way_of_failing_of_each_kind_on_each_leg():
    faults = plan(LEGS, level=CI, seed=5)
    wanted = {(leg, kind, mode) for leg, _ in LEGS for kind, modes in MODES.items() for mode in modes}
    assert {(fault.leg, fault.point.kind, fault.mode) for fault in faults} == wanted
    assert len(faults) == len(wanted)


def test_a_seed_gives_the_same_sample_and_another_seed_another_one():
    assert plan(LEGS, level=CI, seed=5) == plan(LEGS, level=CI, seed=5)
    assert plan(LEGS, level=CI, seed=5) != plan(LEGS, level=CI, seed=6)


def test_the_level_of_labels_has_every_label_in_every_way_once():
    faults = plan(LEGS, level=LABELS, seed=5)
    assert len(faults) == len({(f.leg, f.point.label, f.mode) for f in faults}) == 2 * 2 * sum(map(len, MODES.values()))


def test_the_level_of_each_label_has_every_label_once_and_every_way():
    points = [Point(f"sql {word}", place) for word in map(str, range(40)) for place in (1, 2)]
    faults = plan([("pick", points)], level=EACH, seed=5)
    assert sorted(f.point.label for f in faults) == sorted({point.label for point in points})
    assert {f.mode for f in faults} == set(MODES["sql"])


def test_the_full_level_has_every_point_in_every_way():
    assert len(plan(LEGS, level=FULL, seed=5)) == 2 * 6 * sum(map(len, MODES.values()))


def test_all_parts_of_a_level_are_the_level_and_share_no_fault():
    whole = plan(LEGS, level=FULL, seed=5)
    parts = [Part.parsed(f"{number}/3").of(whole) for number in (1, 2, 3)]
    assert sum(map(len, parts)) == len(whole)
    assert {fault for part in parts for fault in part} == set(whole)


@pytest.mark.parametrize("words", ["0/3", "4/3", "3", "a/b"])
def test_what_is_no_part_is_refused(words: str):
    with pytest.raises(ArgumentTypeError, match="write I/N"):
        Part.parsed(words)


@pytest.fixture
def failing(clean_database: CleanDatabase, tmp_path: Path) -> Any:
    """`failing(kind, mode)`: a child writes a row and fails at the insert or at its commit; how it ended, and the rows."""

    def fail(kind: str, mode: str) -> tuple[Ended, int]:
        words = "INSERT INTO business_clock (id, offset_s) VALUES (1, 7)"
        point = Point(f"sql {words}", 1) if kind == "sql" else Point(f"commit after {words}", 1)

        def work() -> str:
            install(Watch(point, mode))
            try:
                with Database(make_engine(clean_database.url)).transaction() as session:
                    session.execute(text(words))
            except DBAPIError as fault:
                return f"{getattr(fault.orig, 'sqlstate', None)} {fault.connection_invalidated}"
            return "done"

        ended = in_child(work, tmp_path / "note")
        with clean_database.database.transaction() as session:
            return ended, session.execute(text("SELECT count(*) FROM business_clock")).scalar_one()

    return fail


@pytest.mark.parametrize(
    ("kind", "mode", "answer", "rows"),
    [
        ("sql", failpoints.LOST, "None True", 0),
        ("sql", failpoints.LOST_AFTER, "None True", 0),
        ("sql", failpoints.SERIALIZATION, "40001 False", 0),
        ("sql", failpoints.DISK_FULL, "53100 False", 0),
        ("commit", failpoints.LOST_NOT_DONE, "None True", 0),
        ("commit", failpoints.LOST_DONE, "08007 True", 1),
        ("commit", failpoints.SERIALIZATION, "40001 False", 0),
        ("commit", failpoints.TIME_OUT, "57014 False", 0),
    ],
)
def test_a_fault_in_place_of_a_write_is_what_a_driver_would_tell(failing, kind, mode, answer, rows):
    ended, found = failing(kind, mode)
    assert (ended.answer, found) == (answer, rows)


@pytest.mark.parametrize(
    ("kind", "mode", "rows"),
    [
        ("sql", failpoints.KILL_BEFORE, 0),
        ("sql", failpoints.KILL_AFTER, 0),
        ("commit", failpoints.KILL_BEFORE, 0),
        ("commit", failpoints.KILL_AFTER, 1),
    ],
)
def test_a_kill_is_a_kill(failing, kind, mode, rows):
    ended, found = failing(kind, mode)
    assert (ended.killed, ended.answer, found) == (True, None, rows)
