"""`oms verify-signature`: whether a signature holds over the raw bytes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors import registry
from connectors.base import ChannelConfig, Received, SignatureInvalid, SignedChannel
from oms.cli.arguments import Parser, UsageWrong, read_bytes, read_headers

EX_NO_MATCH = 1
EX_NO_SCHEME = 2


def run(argv: Sequence[str]) -> int:
    """0 when the signature over the raw bytes holds, 1 when not, missing or out of its time window, 2 without a scheme."""
    parser = Parser(prog="oms verify-signature", description=run.__doc__)
    parser.add_argument("--channel", required=True, metavar="SOURCE", help=", ".join(sorted(registry.CHANNELS)))
    parser.add_argument("--secret", required=True, action="append", help="may be given twice, as during a rotation")
    parser.add_argument("--headers", required=True, metavar="FILE", help="`Name: value` lines or a JSON object")
    parser.add_argument("--at", metavar="TIME", help="the clock: ISO 8601 with zone, or Unix seconds")
    parser.add_argument("file", metavar="BODYFILE", help="the raw bytes; - for standard input")
    args = parser.parse_args(argv)
    if args.channel not in registry.CHANNELS:
        raise UsageWrong(str(registry.UnknownSource(args.channel, registry.CHANNELS)))
    at = _moment(args.at) if args.at else datetime.now(UTC)  # noqa: TID251 - no database is asked here
    message = Received(body=read_bytes(args.file), headers=read_headers(args.headers), channel=args.channel)
    channel = registry.channel_for(ChannelConfig(name=args.channel, source=args.channel))
    if not isinstance(channel, SignedChannel):
        print(f"{args.channel} has no signature scheme", file=sys.stderr)
        return EX_NO_SCHEME
    try:
        channel.verify(message, secrets=args.secret, at=at)
    except SignatureInvalid as error:
        print(f"{args.channel}: {error}", file=sys.stderr)
        return EX_NO_MATCH
    return 0


def _moment(text: str) -> datetime:
    try:
        if text.strip().lstrip("-").isdecimal():
            return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(text))
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise UsageWrong(f"--at {text!r}: {error}") from error
    if moment.tzinfo is None:
        raise UsageWrong(f"--at {text!r} names no zone; add Z or +00:00")
    return moment
