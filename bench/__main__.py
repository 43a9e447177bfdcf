"""`python -m bench [NAME] [--json]`: run the benchmarks and print each figure beside its limit and floor."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence

from bench import intake, life

#: name -> (run, what it measures, most CPU ms per order, floor of the machine as measured for the limit alone)
BENCHMARKS: dict[str, tuple[Callable[[], dict[str, float]], str, float, str]] = {
    "intake": (intake.run, "request -> Order row, one order a request", intake.LIMIT_CPU_MS, "0.75-0.97"),
    "life": (life.run, "accepted -> shipped, in batches", life.LIMIT_CPU_MS, "0.19"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one or all; exit 1 when a figure is over its limit."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--runs", type=int, default=1, help="run so often and give the run in the middle")
    options = parser.parse_args(argv)
    names = [options.name] if options.name else list(BENCHMARKS)
    found = {name: middle([BENCHMARKS[name][0]() for _ in range(options.runs)]) for name in names}
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name in names:
            _, about, limit, floor = BENCHMARKS[name]
            print(f"\n{name}: {about}; limit {limit} ms CPU an order, floor {floor} ms")
            for figure, value in found[name].items():
                print(f"  {figure:<28}{value:>12.3f}")
            print(f"  {'share of the limit':<28}{found[name]['cpu_ms_per_order'] / limit:>12.2f}")
    return int(any(found[name]["cpu_ms_per_order"] > BENCHMARKS[name][2] for name in names))


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """The run with the median CPU time, and how busy the machine was: others on it cost caches, so CPU too."""
    chosen = sorted(runs, key=lambda run: run["cpu_ms_per_order"])[len(runs) // 2]
    return chosen | {"load_average": os.getloadavg()[0], "runs": float(len(runs))}


if __name__ == "__main__":
    sys.exit(main())
