"""`oms staff`: the people who sign in: add, list, give other roles or a new password, shut out."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, installation
from oms.accounts import rights, staff
from oms.accounts.models import Staff
from oms.accounts.staff import LANGUAGES, NewStaff
from oms.cli.arguments import Deed, UsageWrong, asked, id_of, no_more, write
from oms.errors import NotFound
from oms.inventory.models import Warehouse
from oms.settings import Settings, load


def run(argv: Sequence[str]) -> int:
    """Add, list and change people; 0 when it is done, 1 when it is refused. A password is asked for, or read from a pipe."""
    args = asked(argv, prog="oms staff", says=run.__doc__, deeds=_DEEDS)
    settings = load(os.environ)
    with installation.opened(settings) as session:
        write(args.deed(session, args, settings))
    return 0


def _add(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """Add somebody who may sign in."""
    person = NewStaff(
        login=args.login,
        name=args.name,
        roles=args.role,
        password=_password(args.login),
        team=args.team or args.role[0],
        warehouse_id=_warehouse(session, args.warehouse),
        language=args.language or settings.language,
    )
    staff.create(
        session, new=[person], environment=settings.environment, actor=installation.actor(), now=db.now(session)
    )
    return f"{args.login} may sign in as {', '.join(args.role)}"


def _list(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """List all who may sign in, and who once might."""
    people = session.scalars(select(Staff).order_by(Staff.login)).all()
    lines = [f"{p.login:20} {'' if p.active else 'shut out  '}{', '.join(p.roles)}  {p.name}" for p in people]
    return "\n".join(lines) or "nobody yet: `oms staff add LOGIN --name NAME --role admin`"


def _roles(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """Give somebody these roles instead of those before, from their next request on."""
    staff_id = _staff_id(session, args.login)
    staff.set_roles(session, staff_id=staff_id, roles=args.role, actor=installation.actor(), now=db.now(session))
    return f"{args.login} has the roles {', '.join(args.role)}"


def _new_password(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """Set somebody's password; all their sessions end."""
    staff.set_password(
        session,
        staff_id=_staff_id(session, args.login),
        password=_password(args.login),
        environment=settings.environment,
        actor=installation.actor(),
        now=db.now(session),
    )
    return f"{args.login} has a new password"


def _disable(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """Shut somebody out: their sessions end, and their keys stop."""
    staff_id, actor = _staff_id(session, args.login), installation.actor()
    staff.disable(session, staff_ids=[staff_id], actor=actor, why=args.why, now=db.now(session))
    return f"{args.login} is shut out"


def _enable(session: Session, args: argparse.Namespace, settings: Settings) -> str:
    """Let somebody in again who was shut out."""
    staff_id, actor = _staff_id(session, args.login), installation.actor()
    staff.enable(session, staff_ids=[staff_id], actor=actor, why=args.why, now=db.now(session))
    return f"{args.login} may sign in again"


def _staff_id(session: Session, login: str) -> uuid.UUID:
    found = session.scalar(select(Staff.id).where(Staff.login == login.strip().lower()))
    if found is None:
        raise NotFound(f"nobody has the login {login!r}: `oms staff list` names all")
    return found


def _warehouse(session: Session, code: str | None) -> uuid.UUID | None:
    known = {row[0]: row[1] for row in session.execute(select(Warehouse.code, Warehouse.id))}
    return id_of(code, known, what="warehouse")


def _password(login: str) -> str:
    """Typed twice at a terminal, else the first line of standard input; never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass(f"password of {login}: ")
    if typed != getpass.getpass("once more: "):
        raise UsageWrong("the two passwords differ")
    return typed


def _to_add(parser: argparse.ArgumentParser) -> None:
    _to_login(parser)
    parser.add_argument("--name", required=True, help="as it stands on papers and in the record")
    _to_role(parser, "--role", action="append", required=True)
    parser.add_argument("--team", help="as reports group people; default: the first role")
    parser.add_argument("--warehouse", metavar="CODE", help="whose floor it is, for who works there")
    parser.add_argument("--language", choices=LANGUAGES, help="default: the installation's")


def _to_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("login")


def _to_role(parser: argparse.ArgumentParser, name: str, **options: object) -> None:
    parser.add_argument(name, choices=rights.ROLES, metavar="ROLE", help=f"of {', '.join(rights.ROLES)}", **options)  # type: ignore[arg-type]


def _to_roles(parser: argparse.ArgumentParser) -> None:
    _to_login(parser)
    _to_role(parser, "role", nargs="+")


def _to_say_why(parser: argparse.ArgumentParser) -> None:
    _to_login(parser)
    parser.add_argument("--why", required=True, help="stands in the record")


#: THE table of what can be done: its function, and the arguments it takes.
_DEEDS: dict[str, Deed] = {
    "add": (_add, _to_add),
    "list": (_list, no_more),
    "roles": (_roles, _to_roles),
    "password": (_new_password, _to_login),
    "disable": (_disable, _to_say_why),
    "enable": (_enable, _to_say_why),
}
