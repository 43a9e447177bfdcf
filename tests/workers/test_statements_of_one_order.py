"""What one order at a time costs in statements: of the worker's stages, with claims and the time of day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import lives, single
from bench.ground import Ground
from tests.conftest import CleanDatabase
from tests.statements import counted

#: `system` is verify, confirm, allocate and release in one claim; `wave` is planned at once by a person; `label` opens a
#: hand-over list, which costs two.
BOUNDS = {"system": 15, "wave": 8, "label": 13}


@dataclass(slots=True)
class CountingPicker(single.Picker):
    """Counts the statements of each stage of the last order."""

    counts: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        with counted(self.made.database.engine, apart=()) as found:
            yield
        self.counts[name] = len(found)


def test_one_order_takes_no_more_statements_than_this(
    clean_database: CleanDatabase, environ: dict[str, str], tmp_path: Path
) -> None:
    made = Ground(clean_database.database, environ, tmp_path, web_port=0)
    opened = single.opened(made)
    picker = CountingPicker(made, opened.seeded, opened.worker, opened.bound, opened.staff_id)
    for number in range(2):
        lives.accept(made, picker.seeded, range(number, number + 1))
        single.one(picker)
    lives.require_shipped(made, 2)
    assert {name: picker.counts[name] for name, most in BOUNDS.items() if picker.counts[name] > most} == {}
