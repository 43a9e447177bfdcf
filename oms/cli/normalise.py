"""`oms normalise`: what a message holds, as the one schema, without a database."""

from __future__ import annotations

import json
from collections.abc import Sequence

from connectors import registry
from connectors.base import ChannelConfig, Received, Severity
from oms.cli.arguments import Parser, UsageWrong, read_bytes, read_headers, write

#: Some of the message was refused.
EX_REFUSED = 3


def run(argv: Sequence[str]) -> int:
    """Print a JSON array, one element an order; 0 when all could be read, 3 when some were refused."""
    parser = Parser(prog="oms normalise", description=run.__doc__)
    parser.add_argument("--channel", required=True, metavar="SOURCE", help=", ".join(sorted(registry.CHANNELS)))
    parser.add_argument("--headers", metavar="FILE", help="`Name: value` lines or a JSON object")
    parser.add_argument("file", metavar="FILE", help="the message as it arrived; - for standard input")
    args = parser.parse_args(argv)
    config = ChannelConfig(name=args.channel, source=args.channel)
    if args.channel not in registry.CHANNELS:
        raise UsageWrong(str(registry.UnknownSource(args.channel, registry.CHANNELS)))
    headers = read_headers(args.headers) if args.headers else {}
    message = Received(body=read_bytes(args.file), headers=headers, channel=config.name)
    orders = registry.translated(config, message)
    write(json.dumps(orders, ensure_ascii=False, indent=2))
    refused = any(found["severity"] == Severity.REFUSE for order in orders for found in order["problems"])
    return EX_REFUSED if refused else 0
