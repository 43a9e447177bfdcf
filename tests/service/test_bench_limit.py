"""The limit of an order's life does all its stages and counts the servers alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench.ground import Ground
from bench.limit_stages import STAGES, InBatches, OneByOne
from oms.db import Database


@pytest.fixture
def made(database: Database, environ: dict[str, str], tmp_path) -> Iterator[Ground]:
    """A ground whose product is one process that never rests."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield Ground(database, environ, tmp_path, web_port=0, roots=[busy.pid])
    busy.kill()
    busy.wait()


@pytest.mark.parametrize(("form", "orders"), [(InBatches, 450), (OneByOne, 20)])
def test_every_stage_of_every_order_is_done_and_the_running_product_does_not_count(made, form, orders):
    with closing(form(made)) as limit:
        before = time.process_time()
        used_ms = limit.cpu_ms(orders) * orders
        assert 0 < used_ms <= (time.process_time() - before) * 1000
        run = limit._connection.execute
        assert run("SELECT status, count(*) FROM limit_life GROUP BY 1").fetchall() == [("ship", orders)]
        events = run("SELECT kind, count(*) FROM limit_life_event GROUP BY 1").fetchall()
        assert dict(events) == dict.fromkeys(STAGES, orders)
        assert run("SELECT count(*) FROM limit_life_queue WHERE NOT done").fetchone() == (0,)
        assert run("SELECT sum(100000000 - free) FROM limit_life_stock").fetchone() == (orders,)


def test_a_limit_that_left_something_out_is_refused(made):
    with closing(InBatches(made)) as limit:
        limit._live = lambda orders: None
        with pytest.raises(SystemExit, match="0 stages of 10 orders"):
            limit.cpu_ms(10)
