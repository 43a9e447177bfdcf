"""Tickets: a customer's question or complaint, from opening to its cause (S-1, S-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.accounts import staff
from oms.accounts.identity import Identity
from oms.aftersales import closing, queries, tickets
from oms.aftersales.closing import Verdict
from oms.aftersales.states import TICKET
from oms.aftersales.tickets import Answer, NewTicket
from oms.errors import InputInvalid
from oms.orders import queries as orders
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Qty, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_lines import lines_named, named_in
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("tickets", __name__, description="Tickets of customers")


class TicketArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(TICKET.moves)))


class TicketItem(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    order_id = fields.UUID(required=True, allow_none=True)
    order_number = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    serious = fields.Boolean(required=True)
    subject = fields.String(required=True, allow_none=True, metadata={"description": "null without private.read"})
    status = fields.String(required=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    opened_by = fields.String(required=True)
    opened_at = Instant(required=True)
    contacted_at = Instant(required=True, allow_none=True)
    remedy_due_at = Instant(required=True, allow_none=True)
    cause = fields.String(required=True, allow_none=True)
    stage = fields.String(required=True, allow_none=True)
    person = fields.String(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)


class TicketLineOut(Schema):
    id = fields.UUID(required=True)
    line_ref = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    qty = Qty(required=True)


class NoteOut(Schema):
    id = fields.UUID(required=True)
    direction = fields.String(required=True)
    text = fields.String(required=True)
    actor = fields.String(required=True)
    at = Instant(required=True)


class TicketOut(TicketItem):
    """`body`, `remedy` and `notes` are for those with the right `private.read`."""

    body = fields.String(required=True, allow_none=True)
    remedy = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(TicketLineOut), required=True)
    notes = fields.List(fields.Nested(NoteOut), required=True)


class TicketIn(Schema):
    order = Text(longest=60, load_default=None, allow_none=True, metadata={"description": "number or id"})
    kind = fields.String(required=True, validate=validate.OneOf(tickets.KINDS))
    subject = Text(required=True, longest=200)
    body = Text(required=True)
    lines = fields.List(
        Text(longest=200),
        load_default=list,
        validate=validate.Length(max=500),
        metadata={"description": "line_ref or line id"},
    )
    serious = fields.Boolean(load_default=False)


class PassOnIn(Schema):
    owner = Text(longest=64, load_default=None, allow_none=True, metadata={"description": "a login; null: for all"})


class ContactIn(Schema):
    note = Text(required=True, metadata={"description": "what the customer is told"})
    remedy = Text(required=True, longest=1000)
    remedy_due_at = Instant(required=True)


class NoteIn(Schema):
    text = Text(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(tickets.DIRECTIONS))


class CloseIn(Schema):
    """A cause of ours (entry, pick, pack) needs its stage and person."""

    cause = fields.String(required=True, validate=validate.OneOf(closing.CAUSES))
    note = Text(required=True, metadata={"description": "how it was solved"})
    stage = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(closing.STAGES))
    person = Text(longest=64, load_default=None, allow_none=True, metadata={"description": "a login"})


class ReopenIn(Schema):
    why = Text(required=True, longest=500)


@blp.post("/tickets")
@idempotent
@blp.arguments(TicketIn)
@blp.response(201, TicketOut)
@right("ticket.open")
def open_ticket(given: dict[str, Any]) -> dict[str, Any]:
    """Open a ticket; a distributor opens one about its own orders."""
    who = me()
    with edge.transaction() as session:
        order_id, lines = _about(session, given, who)
        new = NewTicket(given["kind"], given["subject"], given["body"], order_id, lines, given["serious"])
        [ticket_id] = tickets.open_tickets(session, new=[new], actor=who.actor, now=db.now(session))
        return _shown(session, str(ticket_id), own=True)


def _about(session: Session, given: dict[str, Any], who: Identity) -> tuple[uuid.UUID | None, tuple[uuid.UUID, ...]]:
    if given["order"] is None:
        if given["lines"] or who.channel_id is not None:
            raise InputInvalid("which order?", fields={"order": "name the order by its number"})
        return None, ()
    with named_in("order"):
        order = orders.order_named(session, ref=given["order"], channel_id=who.channel_id)
    return order.id, tuple(lines_named(session, order_id=order.id, refs=given["lines"]))


@blp.get("/tickets")
@blp.arguments(TicketArgs, location="query")
@blp.response(200, paged(TicketItem, "TicketPage"))
@right("ticket.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List tickets, newest first."""
    after = decode(args["cursor"], datetime, uuid.UUID)
    with edge.transaction() as session:
        rows = queries.tickets(
            session, limit=args["limit"], status=args.get("status"), after=(after[0], after[1]) if after else None
        )
    found = page(rows, limit=args["limit"], key=lambda row: (row.opened_at, row.id))
    private = me().may("private.read")
    return found | {"items": [dict(row._mapping) | ({} if private else {"subject": None}) for row in found["items"]]}


@blp.get("/tickets/<ref>")
@blp.response(200, TicketOut)
@right("ticket.read")
def read(ref: str) -> dict[str, Any]:
    """Read one ticket, by number or id, with what was said."""
    with edge.transaction() as session:
        return _shown(session, ref)


@blp.post("/tickets/<ref>/pass-on")
@idempotent
@blp.arguments(PassOnIn)
@blp.response(200, TicketOut)
@right("ticket.work")
def pass_on(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Pass the ticket on to after-sales: the clock to contact the customer begins."""
    with edge.transaction() as session:
        ticket_id, owner_id = _named(session, ref), _colleague(session, given["owner"])
        tickets.pass_on(session, ticket_id=ticket_id, owner_id=owner_id, actor=me().actor, now=db.now(session))
        return _shown(session, str(ticket_id))


@blp.post("/tickets/<ref>/contact")
@idempotent
@blp.arguments(ContactIn)
@blp.response(200, TicketOut)
@right("ticket.work")
def contact(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Tell the customer the remedy and when it is done; that time becomes a clock."""
    answer = Answer(given["note"], given["remedy"], given["remedy_due_at"])
    with edge.transaction() as session:
        ticket_id = _named(session, ref)
        tickets.contact(session, ticket_id=ticket_id, answer=answer, actor=me().actor, now=db.now(session))
        return _shown(session, str(ticket_id))


@blp.post("/tickets/<ref>/notes")
@idempotent
@blp.arguments(NoteIn)
@blp.response(201, TicketOut)
@right("ticket.work")
def add_note(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Keep what was said."""
    with edge.transaction() as session:
        ticket_id = _named(session, ref)
        tickets.note(session, ticket_id=ticket_id, actor=me().actor, now=db.now(session), **given)
        return _shown(session, str(ticket_id))


@blp.post("/tickets/<ref>/close")
@idempotent
@blp.arguments(CloseIn)
@blp.response(200, TicketOut)
@right("ticket.work")
def close(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Close a ticket with its cause; one of ours becomes an error event of its stage and person."""
    with edge.transaction() as session:
        ticket_id = _named(session, ref)
        closing.close(session, ticket_id=ticket_id, verdict=Verdict(**given), actor=me().actor, now=db.now(session))
        return _shown(session, str(ticket_id))


@blp.post("/tickets/<ref>/reopen")
@idempotent
@blp.arguments(ReopenIn)
@blp.response(200, TicketOut)
@right("ticket.work")
def reopen(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Open a closed ticket again: the customer is not content."""
    with edge.transaction() as session:
        ticket_id = _named(session, ref)
        closing.reopen(session, ticket_id=ticket_id, why=given["why"], actor=me().actor, now=db.now(session))
        return _shown(session, str(ticket_id))


def _shown(session: Session, ref: str, *, own: bool = False) -> dict[str, Any]:
    """The ticket; its words for those who may read them, and for the one who just wrote it."""
    row = queries.ticket(session, ref=ref)
    private = own or me().may("private.read")
    return dict(row._mapping) | {
        "subject": row.subject if private else None,
        "body": row.body if private else None,
        "remedy": row.remedy if private else None,
        "lines": queries.ticket_lines(session, ticket_id=row.id),
        "notes": queries.ticket_notes(session, ticket_id=row.id) if private else [],
    }


def _named(session: Session, ref: str) -> uuid.UUID:
    """The ticket of a number, as typed or spoken, or of an id."""
    ticket_id: uuid.UUID = queries.ticket(session, ref=ref).id
    return ticket_id


def _colleague(session: Session, login: str | None) -> uuid.UUID | None:
    if login is None:
        return None
    known = {
        person.login: person.id for person in staff.with_role(session, roles=["customer_service", "order_specialist"])
    }
    if login not in known:
        raise InputInvalid("nobody of that login works in after-sales", fields={"owner": "give a colleague's login"})
    return known[login]
