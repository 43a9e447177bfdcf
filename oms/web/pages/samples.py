"""The daily sample: a manager looks at an order that passed by rule, and says whether it should have (V-7)."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from oms.errors import InputInvalid, Refused
from oms.journey import steps
from oms.orders import queries
from oms.verification import sampling
from oms.web import edge, masking
from oms.web.auth import me, right
from oms.web.pages import acting

pages = Blueprint("samples", __name__)


@pages.get("/samples/<uuid:order_id>")
@right("order.sample")
def show(order_id: uuid.UUID) -> Response:
    """The order as it came in, and the form that ends its review."""
    return _page(order_id)


@pages.post("/samples/<uuid:order_id>")
@right("order.sample")
def check(order_id: uuid.UUID) -> AnyResponse:
    """End the review; a form that is out of date is refused."""
    result = acting.tried(
        lambda session, now: sampling.check(
            session,
            step_id=acting.identifier("step_id"),
            token=acting.whole("token"),
            faulty=_verdict() == "faulty",
            note=acting.text("note", longest=1000),
            actor=me().actor,
            roles=me().roles,
            now=now,
        )
    )
    if isinstance(result, Refused):
        return _page(order_id, result)
    return acting.done("worklist.show", "sample_checked")


def _verdict() -> str:
    found = request.form.get("verdict", "")
    if found not in ("good", "faulty"):
        raise InputInvalid("say whether a fault was let pass", fields={"verdict": "good or faulty"})
    return found


def _page(order_id: uuid.UUID, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        order = queries.order_named(session, ref=str(order_id))
        on = queries.on_order(session, order=order)
        step = steps.find(session, kind="sample_review", subject_ids=[order_id]).get(order_id)
    return acting.page(
        "samples/show.html",
        refused,
        order=order,
        on=on,
        step=step,
        contact=masking.contact(order.contact) or {},
        ship_to=masking.address(order.ship_to) or {},
    )
