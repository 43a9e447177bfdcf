"""`oms set-up`: warehouses, goods, channels, carriers and opening stock of a house from one JSON file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from connectors import registry
from oms import db, installation
from oms.cli.arguments import Parser, read_json, write
from oms.set_up.keep import Kept, keep

#: The connectors that a file may name.
SOURCES = {"channels": registry.CHANNELS, "carriers": registry.CARRIERS}


def run(argv: Sequence[str]) -> int:
    """Bring the house to what the file says, all of it or nothing; what it does not name stays. Again changes nothing."""
    parser = Parser(prog="oms set-up", description=run.__doc__)
    parser.add_argument("file", metavar="FILE", help="JSON as docs/set-up.md describes it; - for standard input")
    args = parser.parse_args(argv)
    file = read_json(args.file)
    with installation.opened(os.environ) as session:
        kept = keep(session, file=file, sources=SOURCES, actor=installation.actor(), now=db.now(session))
    write("\n".join(_lines(kept)) or "nothing is new: the house is as the file says")
    return 0


def _lines(kept: Kept) -> list[str]:
    names = dict.fromkeys([*kept.new, *kept.changed])
    return [f"{name}: {kept.new.get(name, 0)} new, {kept.changed.get(name, 0)} changed" for name in names]
