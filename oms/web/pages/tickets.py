"""Tickets: opened, passed on, the customer told the remedy, closed with cause, stage and person (S-1, S-3, S-6)."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import names, staff
from oms.aftersales import closing, queries, tickets
from oms.aftersales.closing import Verdict
from oms.aftersales.states import TICKET
from oms.aftersales.tickets import Answer, NewTicket
from oms.errors import InputInvalid, Refused
from oms.journey import timeline
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, order_story, order_typed

pages = Blueprint("tickets", __name__)

ROWS = 50


@pages.get("/tickets")
@right("ticket.read")
def index() -> Response:
    """Tickets, newest first."""
    after, status = decode(request.args.get("after"), datetime, uuid.UUID), request.args.get("status", "")
    with edge.transaction() as session:
        key = (after[0], after[1]) if after else None
        rows = queries.tickets(session, limit=ROWS, status=status if status in TICKET.moves else None, after=key)
    page = paged(rows, limit=ROWS, key=lambda row: (row.opened_at, row.id))
    return acting.page("tickets/index.html", page=page, status=status)


@pages.get("/tickets/new")
@right("ticket.open")
def form() -> Response:
    """The form of a new ticket, for an order where it is about one."""
    return _form(request.args.get("order", ""))


@pages.post("/tickets/new")
@right("ticket.open")
def open_one() -> AnyResponse:
    """Open a ticket; the customer hears its number."""
    made = acting.once(_open)
    if isinstance(made, Refused):
        return _form(request.form.get("order", ""), made)
    return acting.done("tickets.show" if me().may("ticket.read") else "home.show", "ticket_opened", **_target(made))


def _target(ticket_id: uuid.UUID) -> dict[str, str]:
    return {"ticket_id": str(ticket_id)} if me().may("ticket.read") else {}


def _open(session: Session, now: datetime) -> uuid.UUID:
    who, ref = me(), acting.text("order", longest=60)
    if not ref and who.channel_id is not None:
        raise InputInvalid("which order?", fields={"order": gettext("Name the order by its number.")})
    order_id = order_typed.named(session, ref).id if ref else None
    try:
        lines = tuple(uuid.UUID(text) for text in request.form.getlist("line"))
    except ValueError as fault:
        raise InputInvalid("no such line", fields={"line": gettext("Load the page again.")}) from fault
    new = NewTicket(
        acting.required("kind", longest=30),
        acting.required("subject", longest=200),
        acting.required("body"),
        order_id,
        lines,
        bool(request.form.get("serious")),
    )
    return tickets.open_tickets(session, new=[new], actor=who.actor, now=now)[0]


def _form(ref: str, refused: Refused | None = None) -> Response:
    order, lines, refused = order_typed.shown(ref, refused)
    return acting.page("tickets/new.html", refused, order=order, lines=lines, kinds=tickets.KINDS)


@pages.get("/tickets/<ticket_id>")
@right("ticket.read")
def show(ticket_id: str) -> Response:
    """One ticket with its clocks and what was said."""
    return _page(ticket_id)


@pages.post("/tickets/<uuid:ticket_id>/pass-on")
@right("ticket.work")
def pass_on(ticket_id: uuid.UUID) -> AnyResponse:
    """Pass the ticket on to after-sales: the clock to contact the customer begins."""

    def work(session: Session, now: datetime) -> None:
        owner = acting.identifier("owner") if request.form.get("owner") else None
        if owner is not None and owner not in {p.id for p in staff.with_role(session, roles=["customer_service"])}:
            raise InputInvalid("no such colleague", fields={"owner": gettext("Choose a colleague from the list.")})
        tickets.pass_on(session, ticket_id=ticket_id, owner_id=owner, actor=me().actor, now=now)

    return _after(ticket_id, acting.tried(work), "ticket_passed")


@pages.post("/tickets/<uuid:ticket_id>/contact")
@right("ticket.work")
def contact(ticket_id: uuid.UUID) -> AnyResponse:
    """Tell the customer the remedy and when it is done; that time becomes a clock."""

    def work(session: Session, now: datetime) -> uuid.UUID:
        due_at = acting.at("remedy_due_at")
        if due_at is None:
            raise InputInvalid("when is it done?", fields={"remedy_due_at": gettext("Please fill this in.")})
        answer = Answer(acting.required("text"), acting.required("remedy", longest=1000), due_at)
        tickets.contact(session, ticket_id=ticket_id, answer=answer, actor=me().actor, now=now)
        return ticket_id

    return _after(ticket_id, acting.once(work), "ticket_contacted")


@pages.post("/tickets/<uuid:ticket_id>/notes")
@right("ticket.work")
def note(ticket_id: uuid.UUID) -> AnyResponse:
    """Keep what was said."""
    result = acting.once(
        lambda session, now: tickets.note(
            session,
            ticket_id=ticket_id,
            direction=request.form.get("direction", "internal"),
            text=acting.required("note"),
            actor=me().actor,
            now=now,
        )
    )
    return _after(ticket_id, result, "note_added")


@pages.post("/tickets/<uuid:ticket_id>/close")
@right("ticket.work")
def close(ticket_id: uuid.UUID) -> AnyResponse:
    """Close with its cause; one of ours becomes an error event of its stage and person."""

    def work(session: Session, now: datetime) -> None:
        cause = acting.required("cause", longest=30)
        verdict = Verdict(
            cause,
            acting.required("solution"),
            acting.text("stage", longest=30) or None,
            acting.text("person", longest=64) or None,
        )
        closing.close(session, ticket_id=ticket_id, verdict=verdict, actor=me().actor, now=now)

    return _after(ticket_id, acting.tried(work), "ticket_closed")


@pages.post("/tickets/<uuid:ticket_id>/reopen")
@right("ticket.work")
def reopen(ticket_id: uuid.UUID) -> AnyResponse:
    """The customer is not content: the ticket lives again with a fresh clock."""

    def work(session: Session, now: datetime) -> None:
        why = acting.required("why", longest=500)
        closing.reopen(session, ticket_id=ticket_id, why=why, actor=me().actor, now=now)

    return _after(ticket_id, acting.tried(work), "ticket_reopened")


def _after(ticket_id: uuid.UUID, result: object, said: str) -> AnyResponse:
    if isinstance(result, Refused):
        return _page(str(ticket_id), result)
    return acting.done("tickets.show", said, ticket_id=ticket_id)


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        ticket = queries.ticket(session, ref=ref)
        notes = queries.ticket_notes(session, ticket_id=ticket.id)
        known = names.by_login(session, logins={n.actor for n in notes} | {ticket.opened_by, ticket.closed_by})
        around = {
            "lines": queries.ticket_lines(session, ticket_id=ticket.id),
            "steps": timeline.of_subject(session, subject_id=ticket.id),
            "people": staff.with_role(session, roles=["customer_service"]),
            "everyone": staff.with_role(session, roles=["warehouse", "order_specialist", "shipping_clerk"]),
            "now": db.now(session),
        }
    return acting.page(
        "tickets/show.html",
        refused,
        ticket=ticket,
        notes=notes,
        named=lambda actor: order_story.who(actor, known),
        may_reopen="reopened" in TICKET.moves[ticket.status],
        causes=closing.CAUSES,
        ours=closing.OURS,
        stages=closing.STAGES,
        **around,
    )
