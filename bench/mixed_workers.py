"""The product's workers and sweep for the mixed load, without what would call a carrier, a mail server or a shop.

Those peers would have to run on the same cores. The labels are recorded all the same, by `bench.mixed_hands`.

python -m bench.mixed_workers
"""

from __future__ import annotations

from oms.journey import flow
from workers import bindings, run

#: Kinds whose work is a call to somebody else.
CALLS = ("book", "pick_up", "void_label", "track", "tell", "tell_channel", "poll")

if __name__ == "__main__":
    for kind in CALLS:
        del bindings.BINDINGS[kind]
    raise SystemExit(run.main([*flow.QUEUES, run.SWEEP]))
