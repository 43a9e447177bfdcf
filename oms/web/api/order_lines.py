"""What callers name in a body: an order, its lines by their own reference or our id, its tickets."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from oms.aftersales import queries as aftersales
from oms.errors import InputInvalid, NotFound
from oms.orders import queries


@contextmanager
def named_in(field: str) -> Iterator[None]:
    """What is looked for here was named in this field of the body: where it is not there, the refusal says so."""
    try:
        yield
    except NotFound as fault:
        raise NotFound(fault.message, fields={field: fault.message}) from fault


def lines_named(
    session: Session, *, order_id: uuid.UUID, refs: Sequence[str | uuid.UUID | None], field: str = "lines.{}"
) -> list[uuid.UUID]:
    """The line ids, in the order of `refs`; InputInvalid naming each that is no line of the order."""
    known = queries.line_names(session, order_id=order_id)
    wrong = {
        field.format(place): f"no line {str(ref)[:60]} on this order: use its line_ref or id"
        for place, ref in enumerate(refs)
        if str(ref) not in known
    }
    if wrong:
        raise InputInvalid("some lines are not on this order", fields=wrong)
    return [known[str(ref)] for ref in refs]


def ticket_of(session: Session, *, ref: str | None, order_id: uuid.UUID) -> uuid.UUID | None:
    """The ticket named, which must be about this order."""
    if ref is None:
        return None
    with named_in("ticket"):
        found = aftersales.ticket(session, ref=ref)
    if found.order_id != order_id:
        hint = "name a ticket of this order, or leave it out"
        raise InputInvalid("the ticket is about something else", fields={"ticket": hint})
    ticket_id: uuid.UUID = found.id
    return ticket_id
