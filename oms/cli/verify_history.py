"""`oms verify-history`: walk the seals from the start and name the first entry that was altered."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from oms import installation
from oms.cli.arguments import Parser, write
from oms.journey import seal


def run(argv: Sequence[str]) -> int:
    """0 when the record holds, 1 when it was altered. Prints the head: keep it elsewhere and give it back with --head."""
    parser = Parser(prog="oms verify-history", description=run.__doc__)
    parser.add_argument("--head", metavar="HASH", help="a head printed before; without it a cut-off end is not seen")
    args = parser.parse_args(argv)
    with installation.opened(os.environ, role="unhurried") as session:
        found = seal.verify(session, expected_head=args.head)
    if found.broken is None:
        write(f"{found.sealed} entries hold, {found.unsealed} not sealed yet\nhead {found.head}")
        return 0
    entry = f", entry {found.broken.entry_id}" if found.broken.entry_id else ""
    print(f"broken at seal {found.broken.seq}{entry}: {found.broken.why}", file=sys.stderr)
    return 1
