"""The product's worker bound to `accept` alone, so that later stages are not counted; further kinds by name.

python -m bench.accept_worker [KIND ...]
"""

from __future__ import annotations

import sys

from oms.journey import flow
from workers import bindings, run

if __name__ == "__main__":
    wanted = {"accept", *sys.argv[1:]}
    for kind in set(bindings.BINDINGS) - wanted:
        del bindings.BINDINGS[kind]
    raise SystemExit(run.main(sorted({flow.FLOW[kind].queue for kind in wanted})))
