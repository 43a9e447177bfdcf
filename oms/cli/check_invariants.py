"""`oms check-invariants`: whether stock, orders, labels and steps are as they must be."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from oms import installation
from oms.cli.arguments import Parser, UsageWrong, write
from oms.invariants.check import INVARIANTS, check


def run(argv: Sequence[str]) -> int:
    """Print every violation; 0 when there is none, 1 otherwise. Nothing is written."""
    parser = Parser(prog="oms check-invariants", description=run.__doc__)
    parser.add_argument("names", nargs="*", metavar="INVARIANT", help="only these; see --list")
    parser.add_argument("--list", action="store_true", help="print what is checked")
    args = parser.parse_args(argv)
    if args.list:
        write("\n".join(f"{found.code:4} {name}: {found.says}" for name, found in INVARIANTS.items()))
        return 0
    unknown = sorted(set(args.names) - INVARIANTS.keys())
    if unknown:
        raise UsageWrong(f"no invariant {', '.join(unknown)}; `oms check-invariants --list` names them")
    with installation.opened(os.environ, role="unhurried") as session:
        violations = check(session, names=args.names or None)
    for violation in violations:
        write(f"{violation.code:4} {violation.name}: {violation.subject}: {violation.detail}")
    count = len(args.names) or len(INVARIANTS)
    print(f"{count} invariants checked, {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0
