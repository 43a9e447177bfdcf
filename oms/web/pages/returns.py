"""Returns: asked for, approved, received by scan, inspected line by line (S-2)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import names
from oms.aftersales import inspections, queries, recounts, refunds, return_rules, returns
from oms.aftersales.inspections import Found
from oms.aftersales.returns import Arrived, Wanted
from oms.aftersales.states import RETURN
from oms.errors import Refused
from oms.journey import timeline
from oms.orders import queries as orders
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, order_story, order_typed

pages = Blueprint("returns", __name__)

ROWS = 50


@pages.get("/returns")
@right("return.read")
def index() -> Response:
    """Returns, newest first."""
    after, status = decode(request.args.get("after"), uuid.UUID), request.args.get("status", "")
    with edge.transaction() as session:
        key = after[0] if after else None
        rows = queries.returns(session, limit=ROWS, status=status if status in RETURN.moves else None, after=key)
    return acting.page("returns/index.html", page=paged(rows, limit=ROWS, key=lambda row: (row.id,)), status=status)


@pages.get("/returns/new")
@right("return.request")
def form() -> Response:
    """The form for an order's goods."""
    return _form(request.args.get("order", ""))


@pages.post("/returns/new")
@right("return.request")
def ask() -> AnyResponse:
    """Ask for a return of the pieces named."""
    ref = request.form.get("order", "")
    made = acting.once(lambda session, now: _ask(session, ref, now))
    if isinstance(made, Refused):
        return _form(ref, made)
    if me().may("return.read"):
        return acting.done("returns.show", "return_requested", return_id=made)
    return acting.done("orders.show", "return_requested", order_id=ref)


def _ask(session: Session, ref: str, now: datetime) -> uuid.UUID:
    order = order_typed.named(session, ref)
    lines = orders.on_order(session, order=order).lines
    wanted = [Wanted(line.id, qty) for line in lines if (qty := acting.number(f"qty.{line.id}")) > 0]
    return returns.request(
        session,
        order_id=order.id,
        wanted=wanted,
        reason=acting.required("reason", longest=40),
        note=acting.text("note") or None,
        actor=me().actor,
        now=now,
    )


def _form(ref: str, refused: Refused | None = None) -> Response:
    order, lines, refused = order_typed.shown(ref, refused)
    return acting.page("returns/new.html", refused, order=order, lines=lines, reasons=return_rules.REASONS)


@pages.get("/returns/<return_id>")
@right("return.read")
def show(return_id: str) -> Response:
    """One return and what is to be done with it."""
    return _page(return_id)


@pages.post("/returns/<uuid:return_id>/decide")
@right("return.work")
def decide(return_id: uuid.UUID) -> AnyResponse:
    """Approve, and the goods are awaited; or decline with the reason that the customer hears."""

    def work(session: Session, now: datetime) -> str:
        approve, reason = acting.decision()
        returns.decide(session, return_id=return_id, approve=approve, reason=reason, actor=me().actor, now=now)
        return "return_approved" if approve else "return_declined"

    result = acting.tried(work)
    return _after(return_id, result, str(result))


@pages.post("/returns/<uuid:return_id>/receive")
@right("return.receive")
def receive(return_id: uuid.UUID) -> AnyResponse:
    """Receive the goods, scanned or counted, into the returns bin; or count them again before their inspection."""
    again = bool(request.form.get("again"))

    def work(session: Session, now: datetime) -> None:
        lines = queries.return_lines(session, return_id=return_id)
        counts = [(line, acting.number(_name("qty", line))) for line in lines]
        arrived = [Arrived(line.sku, qty, line.line_id) for line, qty in counts if qty > 0]
        count = recounts.recount if again else returns.receive
        count(session, return_id=return_id, arrived=arrived, actor=me().actor, now=now)

    return _after(return_id, acting.tried(work), "return_recounted" if again else "return_received")


@pages.post("/returns/<uuid:return_id>/inspect")
@right("return.inspect")
def inspect(return_id: uuid.UUID) -> AnyResponse:
    """Pieces back to sale or to scrap; the refund is asked for."""

    def work(session: Session, now: datetime) -> None:
        lines = [line for line in queries.return_lines(session, return_id=return_id) if line.qty_received > Decimal(0)]
        found = [
            Found(
                line.line_id,
                line.sku_id,
                acting.number(_name("restock", line)),
                acting.number(_name("scrap", line)),
                acting.text(_name("finding", line), longest=500),
                acting.text(_name("bin", line), longest=40) or None,
                not request.form.get(_name("keep", line)),
            )
            for line in lines
        ]
        inspections.inspect(session, return_id=return_id, found=found, actor=me().actor, now=now)

    return _after(return_id, acting.tried(work), "return_inspected")


def _name(part: str, line: object) -> str:
    return f"{part}.{line.line_id}.{line.sku_id}"  # type: ignore[attr-defined]


def _after(return_id: uuid.UUID, result: object, said: str) -> AnyResponse:
    if isinstance(result, Refused):
        return _page(str(return_id), result)
    return acting.done("returns.show", said, return_id=return_id)


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        row = queries.return_(session, ref=ref)
        lines = queries.return_lines(session, return_id=row.id)
        paid = [r for r in refunds.of_orders(session, order_ids=[row.order_id]) if r.return_id == row.id]
        steps = timeline.of_subject(session, subject_id=row.id)
        known = names.by_login(session, logins={row.requested_by, row.approved_by})
        now = db.now(session)
    return acting.page(
        "returns/show.html",
        refused,
        goods_back=row,
        lines=lines,
        refunds=paid,
        steps=steps,
        now=now,
        named=lambda actor: order_story.who(actor, known),
    )
