"""The hold queue: what stops orders, whose it is, and the decision on each (V-3, V-5)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import names
from oms.aftersales import rejections
from oms.errors import InputInvalid, NotFound, Refused
from oms.journey import flow, worklists
from oms.orders import lookup, queries
from oms.verification.decisions import REJECTING, RIGHT, Decision
from oms.web import edge, masking
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, amending, order_story

pages = Blueprint("holds", __name__)

ROWS = 50
OWNERS = ("order_specialist", "order_manager", "finance", "customer_service", "warehouse", "shipping_clerk")
#: Decision -> the outcome that its step must allow.
OUTCOMES = {
    "approve": "approved",
    "amend": "amended",
    "escalate": "escalated",
    "return": "returned",
    "reject": "rejected",
}


@pages.get("/holds")
@right("hold.read")
def index() -> Response:
    """Standing holds, overdue and due soon first, with what was found and the way to the decision."""
    who = me()
    mine = next((role for role in OWNERS if role in who.roles), None)
    owner = request.args.get("owner", mine or "")
    after = decode(request.args.get("after"), datetime, uuid.UUID)
    with edge.transaction() as session:
        key = (after[0], after[1]) if after else None
        rows, findings = queries.held(session, limit=ROWS, owner=owner if owner in OWNERS else None, after=key)
        page = paged(rows, limit=ROWS, key=lambda row: (row.due_at, row.id))
        ids = [hold.order_id for hold in page["items"]]
        numbers = lookup.numbers(session, order_ids=ids)
        reviews = queries.reviews(session, order_ids=ids, kinds=sorted(RIGHT))
        now = db.now(session)
    return acting.page(
        "holds/index.html",
        page=page,
        findings=findings,
        numbers=numbers,
        reviews=reviews,
        owner=owner,
        owners=OWNERS,
        rights=RIGHT,
        now=now,
    )


@pages.get("/holds/<uuid:step_id>")
@right("hold.read")
def show(step_id: uuid.UUID) -> Response:
    """One review: findings, goods, and the decisions that its owner may take."""
    return _page(step_id)


@pages.post("/holds/<uuid:step_id>")
@right("hold.decide")
def decide(step_id: uuid.UUID) -> AnyResponse:
    """Take one of the decisions; a form that is out of date is refused."""

    def work(session: Session, now: datetime) -> str:
        return rejections.decide(
            session,
            step_id=step_id,
            token=acting.whole("token"),
            decision=_decision(session, step_id, acting.pressed("decision", *OUTCOMES)),
            actor=me().actor,
            roles=me().roles,
            now=now,
        )

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(step_id, result)
    return acting.done("holds.index", result)


def _decision(session: Session, step_id: uuid.UUID, verdict: str) -> Decision:
    reason = acting.text("reason", longest=1000)
    if verdict not in ("amend", "approve"):
        return Decision(verdict, reason)
    lines = queries.on_order(session, order=queries.order_of_step(session, step_id=step_id)).lines
    changes = amending.changes(lines)
    if verdict == "amend":
        return Decision(verdict, reason, changes, bool(request.form.get("entry_error")))
    if changes:  # approving does not carry them out, and nobody types them for nothing
        hint = gettext("You have typed changes: amend the order, or take them out again and approve it as it is.")
        raise InputInvalid("the changes would be lost", fields=dict.fromkeys(changes, hint))
    return Decision(verdict, reason)


def _page(step_id: uuid.UUID, refused: Refused | None = None) -> Response:
    who = me()
    with edge.transaction() as session:
        step = worklists.item(session, step_id=step_id)
        if step.kind not in RIGHT:
            raise NotFound("no such review")
        order = queries.order_of_step(session, step_id=step_id)
        around: dict[str, Any] = {"on": queries.on_order(session, order=order), "now": db.now(session)}
        around["entered_by"] = order_story.who(order.entered_by, names.by_login(session, logins=[order.entered_by]))
    return acting.page(
        "holds/show.html",
        refused,
        step=step,
        order=order,
        contact=masking.contact(order.contact) or {},
        ship_to=masking.address(order.ship_to) or {},
        open=step.state in ("open", "claimed"),
        choices=[name for name in OUTCOMES if _may(step.kind, name, who)],
        party=amending.PARTY,
        address=amending.ADDRESS,
        **around,
    )


def _may(kind: str, decision: str, who: Any) -> bool:
    allowed = OUTCOMES[decision] in flow.FLOW[kind].follows and who.may(RIGHT[kind])
    return allowed and (decision != "reject" or who.may(REJECTING))
