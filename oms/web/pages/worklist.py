"""The worklist: one's steps by urgency; taking them, handing them over, and the page of parked steps."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from oms import db
from oms.accounts import staff
from oms.accounts.identity import Identity
from oms.errors import InputInvalid
from oms.journey import worklists
from oms.journey.worklists import Item
from oms.orders import lookup
from oms.web import edge
from oms.web.api import paging
from oms.web.auth import me, right, safe_next
from oms.web.pages.home import HOUSE, lists_of

pages = Blueprint("worklist", __name__)
parked_pages = Blueprint("parked", __name__)

ROWS = 50
#: What one may look at: the query's value and whether only late or only own steps are meant.
VIEWS = ("all", "mine", "overdue")


@pages.get("/worklist")
@right("worklist.read")
def show() -> str:
    """Steps of one's roles, the most urgent first; `role` shows another role's list to those who assign or look on."""
    who, view = me(), request.args.get("view", "all")
    roles, kind = _lists(who), request.args.get("kind") or None
    after = paging.decode(request.args.get("after"), datetime, uuid.UUID)
    with edge.transaction() as session:
        now = db.now(session)
        rows = worklists.waiting(
            session,
            performers=roles,
            staff_id=who.staff_id,
            limit=ROWS,
            kind=kind,
            mine=view == "mine",
            before=now if view == "overdue" else None,
            after=(after[0], after[1]) if after else None,
        )
        page = paging.page(rows, limit=ROWS, key=lambda row: (row.due_at, row.id))
        more = _around(session, page["items"])
    return render_template(
        "worklist/show.html",
        page=page,
        now=now,
        view=view,
        views=VIEWS,
        kind=kind,
        roles=sorted(roles),
        choices=sorted(HOUSE) if _sees_all(who) else [],
        who=who,
        own=lists_of(who),
        **more,
    )


@pages.post("/worklist/<uuid:step_id>/take")
@right("step.take")
def take(step_id: uuid.UUID) -> Response:
    """Take a step of one's own roles; taking it twice changes nothing."""
    who = me()
    if who.staff_id is None:
        raise InputInvalid("a key that belongs to nobody takes no step", fields={"Authorization": "use a person's"})
    with edge.transaction() as session:
        worklists.take(
            session,
            step_ids=[step_id],
            roles=lists_of(who),
            staff_id=who.staff_id,
            actor=who.actor,
            now=db.now(session),
        )
    return redirect(safe_next(request.form.get("next", "/worklist")))


@pages.post("/worklist/<uuid:step_id>/hand-over")
@right("step.take")
def hand_over(step_id: uuid.UUID) -> Response:
    """Hand a step of one's own roles to a colleague, or back to all; those who assign do so for every role."""
    who = me()
    roles = HOUSE if who.may("step.assign") else lists_of(who)
    with edge.transaction() as session:
        worklists.hand_over(
            session,
            step_ids=[step_id],
            roles=roles,
            to=_colleague(session, request.form.get("to", "")),
            why=request.form.get("why", ""),
            actor=who.actor,
            now=db.now(session),
        )
    return redirect(safe_next(request.form.get("next", "/worklist")))


@parked_pages.get("/parked")
@right("parked.read")
def show_parked() -> str:
    """Steps that failed too often and wait for a person, with their errors."""
    after = paging.decode(request.args.get("after"), uuid.UUID)
    with edge.transaction() as session:
        rows = worklists.parked(session, limit=ROWS, after=after[0] if after else None)
        page = paging.page(rows, limit=ROWS, key=lambda row: (row.id,))
        more = _around(session, page["items"])
        now = db.now(session)
    return render_template("worklist/parked.html", page=page, now=now, **more)


@parked_pages.post("/parked/retry")
@right("parked.retry")
def retry() -> Response:
    """Try the chosen parked steps again."""
    try:
        ids = [uuid.UUID(text) for text in request.form.getlist("step")]
    except ValueError:
        abort(400)
    with edge.transaction() as session:
        worklists.retry(session, step_ids=ids, actor=me().actor, now=db.now(session))
    return redirect(url_for("parked.show_parked"))


def _sees_all(who: Identity) -> bool:
    return who.may("step.assign") or not lists_of(who)


def _lists(who: Identity) -> frozenset[str]:
    """The roles whose steps are shown."""
    wished = request.args.get("role")
    if wished in HOUSE and (wished in who.roles or _sees_all(who)):
        return frozenset({wished})
    return lists_of(who) or HOUSE


def _around(session: Session, items: list[Item]) -> dict[str, object]:
    """What the rows are shown with: order numbers, owners' names, colleagues to hand over to."""
    owners = staff.names(session, staff_ids=[item.assignee_id for item in items if item.assignee_id])
    numbers = lookup.numbers(session, order_ids=[item.order_id for item in items])
    people = staff.with_role(session, roles=sorted({item.performer for item in items}))
    return {"owners": owners, "numbers": numbers, "people": people}


def _colleague(session: Session, text: str) -> uuid.UUID | None:
    if not text:
        return None
    known = {str(person.id): person.id for person in staff.with_role(session, roles=sorted(HOUSE))}
    if text not in known:
        raise InputInvalid("nobody of that name works here", fields={"to": "choose a colleague from the list"})
    return known[text]
