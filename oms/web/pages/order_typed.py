"""An order whose number was typed into a form: a wrong one is told beside its field, and the rest of the form stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from oms.errors import InputInvalid, NotFound, Refused
from oms.orders import queries
from oms.orders.models import Order
from oms.web import edge
from oms.web.auth import me


def named(session: Session, ref: str) -> Order:
    """The order of a number as it was typed; InputInvalid for one that is none, or not the caller's to see."""
    try:
        return queries.order_named(session, ref=ref.strip(), channel_id=me().channel_id)
    except NotFound as unknown:
        hint = gettext("There is no order of this number: look at it again, and type the whole of it.")
        raise InputInvalid("no such order", fields={"order": hint}) from unknown


def shown(ref: str, refused: Refused | None) -> tuple[Order | None, Sequence[Any], Refused | None]:
    """The order with its lines for the form, and what to tell: what was refused already, else that the number is wrong."""
    if not ref.strip():
        return None, (), refused
    try:
        with edge.transaction() as session:
            order = named(session, ref)
            return order, queries.on_order(session, order=order).lines, refused
    except InputInvalid as unknown:
        return None, (), refused or NotFound(unknown.message, fields=unknown.fields)
