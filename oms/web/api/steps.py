"""Worklists: the steps of one's roles, taking them, handing them on, trying parked ones again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from oms import db
from oms.accounts import staff
from oms.accounts.identity import Identity
from oms.errors import Conflict, InputInvalid
from oms.journey import flow, worklists
from oms.orders import lookup
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text
from oms.web.auth import me, right
from oms.web.pages.home import HOUSE, lists_of

blp = Blueprint("steps", __name__, description="Worklists: each step has one owner, a start, a due time and an end")

PEOPLE = sorted({row.performer for row in flow.FLOW.values()} - {flow.SYSTEM})


class StepArgs(PageArgs):
    kind = fields.String(validate=validate.OneOf(sorted(flow.FLOW)))
    performer = fields.String(
        validate=validate.OneOf(PEOPLE), metadata={"description": "a role; without it, your own roles"}
    )
    state = fields.String(load_default="waiting", validate=validate.OneOf(("waiting", "overdue", "parked")))
    mine = fields.Boolean(load_default=False)


class StepOut(Schema):
    """A step; `token` comes back with what ends it, so that a step taken over meanwhile is not ended twice."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    subject_type = fields.String(required=True)
    subject_id = fields.UUID(required=True)
    order_id = fields.UUID(required=True, allow_none=True)
    order_number = fields.String(required=True, allow_none=True)
    performer = fields.String(required=True)
    assignee_id = fields.UUID(required=True, allow_none=True)
    state = fields.String(required=True)
    attempt = fields.Integer(required=True)
    opened_at = Instant(required=True)
    due_at = Instant(required=True)
    error = fields.String(required=True, allow_none=True)
    token = fields.Integer(required=True)


class TokenIn(Schema):
    token = fields.Integer(required=True, strict=True, metadata={"description": "as the list told it"})


class ReassignIn(TokenIn):
    staff = Text(longest=64, load_default=None, allow_none=True, metadata={"description": "a login; null: back to all"})
    why = Text(required=True, longest=500)


class StepState(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    assignee_id = fields.UUID(required=True, allow_none=True)
    token = fields.Integer(required=True)
    due_at = Instant(required=True)


@blp.get("/steps")
@blp.arguments(StepArgs, location="query")
@blp.response(200, paged(StepOut, "StepPage"))
@right("worklist.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List unfinished steps, the most urgent first; parked ones for those who may see them."""
    with edge.transaction() as session:
        found = _parked(session, args) if args["state"] == "parked" else _waiting(session, args)
        numbers = lookup.numbers(session, order_ids=[item.order_id for item in found["items"]])
    return found | {"items": [_shown(item, numbers) for item in found["items"]]}


def _waiting(session: Any, args: dict[str, Any]) -> dict[str, Any]:
    who, after = me(), decode(args["cursor"], datetime, uuid.UUID)
    rows = worklists.waiting(
        session,
        performers=[args["performer"]] if "performer" in args else (lists_of(who) or HOUSE),
        staff_id=who.staff_id,
        limit=args["limit"],
        kind=args.get("kind"),
        mine=args["mine"],
        before=db.now(session) if args["state"] == "overdue" else None,
        after=(after[0], after[1]) if after else None,
    )
    return page(rows, limit=args["limit"], key=lambda row: (row.due_at, row.id))


def _parked(session: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Parked steps are nobody's own list: without a role those of every performer, the system's too."""
    if not me().may("parked.read"):
        return {"items": [], "next": None}
    after = decode(args["cursor"], uuid.UUID)
    if args["mine"] and me().staff_id is None:
        return {"items": [], "next": None}
    rows = worklists.parked(
        session,
        limit=args["limit"],
        after=after[0] if after else None,
        kind=args.get("kind"),
        performer=args.get("performer"),
        owner_id=me().staff_id if args["mine"] else None,
    )
    return page(rows, limit=args["limit"], key=lambda row: (row.id,))


@blp.post("/steps/<uuid:step_id>/take")
@idempotent
@blp.arguments(TokenIn)
@blp.response(200, StepState)
@right("step.take")
def take(given: dict[str, Any], step_id: uuid.UUID) -> Any:
    """Take a step of one's own roles; taking one's own again changes nothing."""
    who = me()
    with edge.transaction() as session:
        before = worklists.item(session, step_id=step_id)
        own = before.state == "claimed" and before.assignee_id == who.staff_id
        if before.token != given["token"] and not own:
            raise Conflict("the step was taken over meanwhile: read it again")
        worklists.take(
            session,
            step_ids=[step_id],
            roles=lists_of(who),
            staff_id=_staff_id(who),
            actor=who.actor,
            now=db.now(session),
        )
        found = worklists.item(session, step_id=step_id)
        if found.assignee_id != who.staff_id:
            raise Conflict("a colleague has taken this step")
        return found


@blp.post("/steps/<uuid:step_id>/reassign")
@idempotent
@blp.arguments(ReassignIn)
@blp.response(200, StepState)
@right("step.take")
def reassign(given: dict[str, Any], step_id: uuid.UUID) -> Any:
    """Hand a step to a colleague or back to all, with the reason; the former owner's form is refused."""
    who = me()
    with edge.transaction() as session:
        before = worklists.item(session, step_id=step_id)
        if before.token != given["token"]:
            raise Conflict("the step was taken over meanwhile: read it again")
        worklists.hand_over(
            session,
            step_ids=[step_id],
            roles=HOUSE if who.may("step.assign") else lists_of(who),
            to=_colleague(session, given["staff"]),
            why=given["why"],
            actor=who.actor,
            now=db.now(session),
        )
        return worklists.item(session, step_id=step_id)


@blp.post("/steps/<uuid:step_id>/retry")
@idempotent
@blp.response(200, StepState)
@right("parked.retry")
def retry(step_id: uuid.UUID) -> Any:
    """Try a parked step again; one that is not parked is left as it is."""
    with edge.transaction() as session:
        worklists.retry(session, step_ids=[step_id], actor=me().actor, now=db.now(session))
        return worklists.item(session, step_id=step_id)


def _staff_id(who: Identity) -> uuid.UUID:
    if who.staff_id is None:
        raise InputInvalid("a key that belongs to nobody takes no step", fields={"Authorization": "use a person's key"})
    return who.staff_id


def _colleague(session: Any, login: str | None) -> uuid.UUID | None:
    if login is None:
        return None
    known = {person.login: person.id for person in staff.with_role(session, roles=sorted(HOUSE))}
    if login not in known:
        raise InputInvalid("nobody of that login works here", fields={"staff": "give a colleague's login"})
    return known[login]


def _shown(item: Any, numbers: dict[uuid.UUID, str]) -> dict[str, Any]:
    shown = {name: getattr(item, name) for name in item.__dataclass_fields__}
    return shown | {"order_number": numbers.get(item.order_id) if item.order_id else None}
