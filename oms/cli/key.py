"""`oms key`: the API keys of other systems and of distributors: make, list, revoke."""

from __future__ import annotations

import argparse
import os
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, installation
from oms.accounts import api_keys, rights
from oms.accounts.models import ApiKey
from oms.cli.arguments import Deed, asked, id_of, no_more, write
from oms.errors import NotFound
from oms.parties.models import Channel

#: Ten years.
MOST_DAYS = 3650


def run(argv: Sequence[str]) -> int:
    """Make, list and revoke API keys; 0 when it is done, 1 when it is refused. A key is printed once and kept hashed."""
    args = asked(argv, prog="oms key", says=run.__doc__, deeds=_DEEDS)
    with installation.opened(os.environ) as session:
        write(args.deed(session, args))
    return 0


def _add(session: Session, args: argparse.Namespace) -> str:
    """Make a key, and print it: it cannot be shown again."""
    now = db.now(session)
    made = api_keys.create(
        session,
        name=args.name,
        roles=args.role,
        channel_id=_channel(session, args.channel),
        expires_at=now + timedelta(days=args.days) if args.days else None,
        actor=installation.actor(),
        now=now,
    )
    return made.key


def _list(session: Session, args: argparse.Namespace) -> str:
    """List all keys by the part that is no secret."""
    keys = session.scalars(select(ApiKey).order_by(ApiKey.created_at)).all()
    lines = [f"{k.prefix}  {'revoked  ' if k.revoked_at else ''}{', '.join(k.roles)}  {k.name}" for k in keys]
    return "\n".join(lines) or "no key yet: `oms key add NAME --role ROLE`"


def _revoke(session: Session, args: argparse.Namespace) -> str:
    """Stop a key, from its next request on."""
    found = session.scalar(select(ApiKey.id).where(ApiKey.prefix == args.prefix.partition("_")[0]))
    if found is None:
        raise NotFound(f"no key begins with {args.prefix.partition('_')[0]!r}: `oms key list` names all")
    api_keys.revoke(session, key_ids=[found], actor=installation.actor(), why=args.why, now=db.now(session))
    return f"{args.prefix.partition('_')[0]} is revoked"


def _channel(session: Session, name: str | None) -> uuid.UUID | None:
    known = {row[0]: row[1] for row in session.execute(select(Channel.name, Channel.id))}
    return id_of(name, known, what="channel")


def _to_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="whose key it is, as it stands in the record")
    roles = f"of {', '.join(rights.ROLES)}"
    parser.add_argument("--role", action="append", required=True, choices=rights.ROLES, metavar="ROLE", help=roles)
    parser.add_argument("--channel", metavar="NAME", help="the only channel it may use; a distributor's needs one")
    parser.add_argument("--days", type=_days, help="for how many days it holds; default: until it is revoked")


def _days(text: str) -> int:
    """A number of days; none at all is not for ever."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {MOST_DAYS}")
    return int(text)


def _to_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prefix", help="what the key begins with, or the whole key")
    parser.add_argument("--why", required=True, help="stands in the record")


#: THE table of what can be done: its function, and the arguments it takes.
_DEEDS: dict[str, Deed] = {
    "add": (_add, _to_add),
    "list": (_list, no_more),
    "revoke": (_revoke, _to_revoke),
}
