"""The product's workers bound to `accept` alone, so that later stages are not counted; further kinds by name.

python -m bench.accept_worker [KIND ...]      a kind named twice has two workers on its queue, as `workers.run` does
"""

from __future__ import annotations

import sys

from oms.journey import flow
from workers import bindings, run

if __name__ == "__main__":
    wanted = sys.argv[1:] or ["accept"]
    for kind in set(bindings.BINDINGS) - set(wanted):
        del bindings.BINDINGS[kind]
    raise SystemExit(run.main([flow.FLOW[kind].queue or flow.INSIDE for kind in wanted]))
