"""What pages that act share: a refusal is told beside its field, what was done is told once, forms are read strictly."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import idempotency
from oms.accounts.idempotency import Answer
from oms.clock import possible, zone_named
from oms.errors import Conflict, InputInvalid, NotAllowed, Refused
from oms.money import parse_amount
from oms.web import csrf, edge
from oms.web.auth import me

T = TypeVar("T")

#: Faults that the page itself shows, beside the field or on top; all else is a page of its own.
SHOWN = (InputInvalid, Conflict, NotAllowed)
LONG = 4000
TWO_WAYS = "write it without a comma, such as 1000 or 1.000"


def tried(work: Callable[[Session, datetime], T]) -> T | Refused:
    """Do the work in one transaction; what it refuses comes back to be shown, and nothing is changed."""
    try:
        with edge.transaction() as session:
            return work(session, db.now(session))
    except SHOWN as refused:
        return refused


def once(work: Callable[[Session, datetime], uuid.UUID]) -> uuid.UUID | Refused:
    """As `tried`, for a form with a `form_key`: going back and sending it again as it was does nothing more.

    Then what it made the first time comes back. With other words in it, it is another wish.
    """

    def first_time(session: Session, now: datetime) -> uuid.UUID:
        if not text("form_key", longest=60):
            return work(session, now)
        told = sorted((name, value) for name, value in request.form.items(multi=True) if name != csrf.FIELD)
        digest = hashlib.sha256(repr((request.path, told)).encode()).digest()
        sent: dict[str, Any] = {"owner": me().actor, "key": f"form:{digest.hex()}"}
        before = idempotency.begin(session, **sent, request_hash=digest, now=now)
        if before is not None:
            return uuid.UUID(before.body.decode())
        made = work(session, now)
        idempotency.finish(session, **sent, answer=Answer(303, {}, str(made).encode()))
        return made

    return tried(first_time)


def page(template: str, refused: Refused | None = None, **values: Any) -> Response:
    """A page; with a refusal it tells the fault beside its fields and keeps what was typed."""
    typed = request.form if request.method == "POST" else request.args
    common = {"faults": refused.fields if refused else {}, "typed": typed, "form_key": str(uuid.uuid4())}
    html = render_template(template, refused=refused, **common, **values)
    return make_response(html, refused.status if refused else 200)


def done(endpoint: str, said: str, **values: Any) -> AnyResponse:
    """Go on to a page that says once what was done; `said` is a code of the words `said`."""
    return redirect(url_for(endpoint, said=said, **values), code=303)


def text(name: str, *, longest: int = LONG) -> str:
    """A field's text without the space around it; InputInvalid when it is too long or holds a NUL."""
    found = request.form.get(name, "").strip()
    if len(found) > longest or "\x00" in found:
        raise InputInvalid(f"{name} is too long", fields={name: gettext("At most %(most)s characters.", most=longest)})
    return found


def required(name: str, *, longest: int = LONG) -> str:
    """A text that must be there."""
    found = text(name, longest=longest)
    if not found:
        raise InputInvalid(f"{name} is missing", fields={name: gettext("Please fill this in.")})
    return found


def amount(name: str) -> Decimal:
    """A positive amount or quantity; a comma is taken for the point."""
    found = _typed(name, required(name, longest=30))
    if found <= 0:
        raise InputInvalid(f"{name} must be over 0", fields={name: gettext("Give a number over 0.")})
    return found


def _typed(name: str, given: str) -> Decimal:
    return parse_amount(pointed(name, given), field=name)


def pointed(name: str, given: str) -> str:
    """Digits as people write them, with the point for a comma; InputInvalid for what may be read in two ways."""
    if in_two_ways(given):
        raise InputInvalid(f"{name}: {given!r} may be read in two ways", fields={name: TWO_WAYS})
    return given.replace(",", ".")


def in_two_ways(given: str) -> bool:
    """`1,000` may be a thousand or one, and nobody guesses at money."""
    return re.fullmatch(r"[+-]?[0-9]+,[0-9]{3}", given) is not None


def number(name: str) -> Decimal:
    """A quantity that may be 0, which is also what an empty field means."""
    given = text(name, longest=30)
    found = _typed(name, given) if given else Decimal(0)
    if found < 0:
        raise InputInvalid(
            f"{name} must not be negative", fields={name: gettext("Give a number that is not negative.")}
        )
    return found


def pressed(name: str, *buttons: str) -> str:
    """The button that was pressed; InputInvalid for none of them, as when Enter is pressed in a field."""
    found = request.form.get(name, "")
    if found not in buttons:
        hint = "press one of the buttons"
        raise InputInvalid(hint, fields={name: hint})
    return found


def decision() -> tuple[bool, str]:
    """Whether `approve` was pressed, not `decline`, and the reason; InputInvalid for neither."""
    return pressed("decision", "approve", "decline") == "approve", text("reason", longest=500)


def identifier(name: str) -> uuid.UUID:
    """An id that one of our own forms carries."""
    try:
        return uuid.UUID(request.form.get(name, ""))
    except ValueError as fault:
        raise InputInvalid(f"{name} is no id", fields={name: gettext("Load the page again.")}) from fault


def whole(name: str) -> int:
    """A whole number that one of our own forms carries, such as a step's token."""
    found = request.form.get(name, "")
    if not found.isascii() or not found.isdigit() or len(found) > 15:
        raise InputInvalid(f"{name} is no whole number", fields={name: gettext("Give a whole number.")})
    return int(found)


def at(name: str) -> datetime | None:
    """A local date and time as browsers send it, in the organisation's zone; None when empty."""
    given = request.form.get(name, "").strip()
    if not given:
        return None
    try:
        naive = datetime.fromisoformat(given)
        if not possible(naive):
            raise ValueError(given)
    except ValueError as fault:
        hint = gettext("Write the time as 2026-11-30T17:00.")
        raise InputInvalid(f"{name} is no time", fields={name: hint}) from fault
    return naive if naive.tzinfo else naive.replace(tzinfo=zone())


def zone() -> Any:
    """The organisation's zone."""
    return zone_named(edge.settings().zone)
