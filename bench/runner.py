"""One benchmark in a process of its own, so that none inherits another's imports, frozen heap or connections.

python -m bench.runner NAME ARGUMENTS-AS-JSON      prints the figures as JSON on its last line
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.table import BENCHMARKS, Benchmark

ROOT = Path(__file__).resolve().parents[1]


def measure(name: str, arguments: Mapping[str, float], *, runs: int = 1) -> dict[str, float]:
    """Run it `runs` times; for each figure the one in the middle."""
    found = [_once(name, arguments) for _ in range(runs)]
    return {figure: statistics.median(run[figure] for run in found if figure in run) for figure in found[0]}


def _once(name: str, arguments: Mapping[str, float]) -> dict[str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench.runner", name, json.dumps(dict(arguments))],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        raise SystemExit(f"the benchmark {name} ended with code {done.returncode} and gave no figures")
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures | {"took_s": time.monotonic() - began, "load_average": os.getloadavg()[0]}


def call(benchmark: Benchmark, arguments: Mapping[str, float]) -> dict[str, float]:
    """Import the module and run it here; SystemExit for an argument it does not take, and when a figure that it promises is missing."""
    run = importlib.import_module(benchmark.module).run
    takes = inspect.signature(run).parameters
    if unknown := [name for name in arguments if name not in takes and "arguments" not in takes]:
        raise SystemExit(f"{benchmark.module} takes no {', '.join(unknown)}; it takes {', '.join(takes) or 'nothing'}")
    found: dict[str, float] = run(**arguments)
    if untold := benchmark.untold(found):
        raise SystemExit(f"{benchmark.module} did not tell {', '.join(untold)}")
    return found


if __name__ == "__main__":
    print(json.dumps(call(BENCHMARKS[sys.argv[1]], json.loads(sys.argv[2]))))
