"""The product's worker for the queue of inside steps, bound to `accept` alone, so that later stages are not counted.

python -m bench.accept_worker
"""

from __future__ import annotations

from workers import bindings, run

if __name__ == "__main__":
    for kind in set(bindings.BINDINGS) - {"accept"}:
        del bindings.BINDINGS[kind]
    raise SystemExit(run.main(["inside"]))
