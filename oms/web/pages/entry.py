"""Entering an order while the customer speaks: look-up, pasted words, goods with price and stock, read-back (I-4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.errors import Conflict, InputInvalid, Refused
from oms.intake import entry as intake
from oms.intake import queries as messages
from oms.intake.inbox import NewMessage
from oms.inventory import queries as goods
from oms.journey import timeline
from oms.orders import queries as orders
from oms.parties import queries as parties
from oms.parties.models import Channel
from oms.web import edge, masking
from oms.web.api.order_entry import SPOKEN, elements_of, refuse_unread, spoken_channel
from oms.web.auth import me, right
from oms.web.pages import acting, entry_form, entry_paste, read_back
from oms.web.pages.entry_form import Draft

pages = Blueprint("entry", __name__)

FOUND = 8


@dataclass(slots=True)
class Looked:
    """What the page shows beside the form."""

    customers: list[Any] = field(default_factory=list)
    goods: list[Any] = field(default_factory=list)
    read_back: read_back.ReadBack | None = None
    refused: Refused | None = None


@pages.get("/orders/enter")
@right("order.enter")
def form() -> Response:
    """The empty form; the entry's clock starts now."""
    with edge.transaction() as session:
        now = db.now(session)
    return _page(entry_form.fresh(now, edge.settings().country), Looked())


@pages.post("/orders/enter")
@right("order.enter")
def act() -> AnyResponse:
    """One of the form's buttons; everything typed stays."""
    what, _, value = request.form.get("do", "check").partition(":")
    draft, looked = entry_form.typed(), Looked()
    if what == "save":
        saved = acting.tried(lambda session, now: _save(session, draft, now))
        if isinstance(saved, str):
            return acting.done("entry.saved", "order_entered", order_id=saved)
        looked.refused = saved
    else:
        work = _DEEDS.get(what, _check)
        refused = acting.tried(lambda session, now: work(session, draft, looked, value, now))
        looked.refused = refused if isinstance(refused, Refused) else None
    return _page(draft, looked)


@pages.get("/orders/enter/goods")
@right("order.enter")
def search() -> Response:
    """The goods found for some letters, as the part of the page that shows them."""
    looked, draft = Looked(), Draft({"channel": request.args.get("channel", ""), "goods": request.args.get("q", "")})
    acting.tried(lambda session, now: _goods(session, draft, looked, "", now))
    return acting.page("entry/goods.html", looked=looked, draft=draft)


@pages.get("/orders/enter/saved/<order_id>")
@right("order.enter")
def saved(order_id: str) -> Response:
    """The order's number to tell the customer, and what happens next."""
    with edge.transaction() as session:
        order = orders.order_named(session, ref=order_id, channel_id=me().channel_id)
        on = orders.on_order(session, order=order)
        steps = timeline.running(session, order_id=order.id)
        now = db.now(session)
    return acting.page("entry/saved.html", order=order, on=on, steps=steps, now=now)


def _channel(session: Session, draft: Draft) -> Channel:
    return spoken_channel(session, draft.get("channel"))


def _find(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    if not me().may("customer.read"):
        return
    term = draft.get("find") or draft.get("customer.phone") or draft.get("customer.email")
    if term:
        found = parties.customers(session, term=term[:200], limit=FOUND, country=edge.settings().country)
        looked.customers = [_known(row) for row in found[:FOUND]]


def _known(row: Any) -> dict[str, Any]:
    private = me().may("private.read")
    return {
        "id": row.id,
        "number": row.number,
        "name": row.name if private else masking.name(row.name),
        "company": row.company,
        "phone": row.phone if private else masking.phone(row.phone),
        "key_customer": row.key_customer,
        "blocked": bool(row.blocked_reason),
        "terms": row.payment_terms,
        "city": (row.address or {}).get("city"),
    }


def _use(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    known = me().may("customer.read")
    found = parties.customers(session, term=value[:60], limit=1, country=edge.settings().country) if known else []
    if found and found[0].number == value:
        entry_form.take(draft, found[0], private=me().may("private.read"))
    _check(session, draft, looked, "", now)


def _paste(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    channel = _channel(session, draft)
    left_out = entry_paste.paste(draft, channel)
    known = read_back.known_goods(session, draft=draft, channel=channel, now=now)
    left_out |= entry_paste.ask_counts(draft, {code: row.unit for code, row in known.items()})
    _find(session, draft, looked, "", now)
    if draft.filled():
        looked.read_back = read_back.made(session, draft=draft, channel=channel, known=known, now=now)
    if left_out:
        raise InputInvalid("not everything of it stands in the form", fields=left_out)


def _goods(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    term = draft.get("goods")[:200]
    if not term:
        return
    channel = _channel(session, draft)
    found = goods.skus(session, now=now, limit=FOUND, term=term, currency=channel.currency, channel_id=channel.id)
    looked.goods = list(found[:FOUND])


def _add(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    entry_form.add(draft, value[:100])
    _goods(session, draft, looked, "", now)
    _check(session, draft, looked, "", now)


def _check(session: Session, draft: Draft, looked: Looked, value: str, now: datetime) -> None:
    if draft.filled():
        channel = _channel(session, draft)
        known = read_back.known_goods(session, draft=draft, channel=channel, now=now)
        looked.read_back = read_back.made(session, draft=draft, channel=channel, known=known, now=now)


_DEEDS: Mapping[str, Callable[[Session, Draft, Looked, str, datetime], None]] = {
    "find": _find,
    "use": _use,
    "paste": _paste,
    "goods": _goods,
    "add": _add,
    "check": _check,
}


def _save(session: Session, draft: Draft, now: datetime) -> str:
    channel = _channel(session, draft)
    entry_form.check(draft)
    known = read_back.known_goods(session, draft=draft, channel=channel, now=now)
    order = entry_form.order_json(draft, channel, {code: row.list_price for code, row in known.items()})
    raw = orjson.dumps(order)
    try:
        read = elements_of(channel, raw)
        refuse_unread(read)
    except InputInvalid as refused:
        fields = {name.removeprefix("order."): hint for name, hint in refused.fields.items()}
        raise InputInvalid(refused.message, fields=fields) from refused
    message = NewMessage(_event_id(draft), "page", raw, received_by=me().actor)
    message_id, _ = intake.enter(
        session,
        channel=channel,
        message=message,
        elements=read,
        now=now,
        started_at=entry_form.started_at(draft, now),
    )
    made = messages.became(session, message_id=message_id)
    if not made:  # what came under a known id with other words is kept apart and becomes nothing
        raise _saved_before(session, channel, message)
    return _number(made[0])


def _saved_before(session: Session, channel: Channel, message: NewMessage) -> Conflict:
    """Who went back to the form of a saved order and changed it means that order, or another one: nobody guesses."""
    first = messages.first_became(session, channel_id=channel.id, event_id=message.event_id or "")
    number = next((row.number for row in first if row.number), "")
    return Conflict(f"this form was saved as order {number}: request a change of that order, or begin a new one")


def _event_id(draft: Draft) -> str:
    """The form's own id: sent twice, it is one order."""
    return f"entry:{me().actor}:{draft.get('entry_id')[:60] or uuid.uuid4()}"


def _number(made: Any) -> str:
    if made.number is None:
        told = "; ".join(f"{one['field']}: {one['message']}" for one in made.problems)
        raise InputInvalid(f"the order was {made.became}", fields={"lines": told or made.became})
    return str(made.number)


def _page(draft: Draft, looked: Looked) -> Response:
    with edge.transaction() as session:
        own = me().channel_id
        channels = [c for c in parties.channels(session, ways=SPOKEN) if own in (None, c.id)]
    channels.sort(key=lambda c: SPOKEN.index(c.way))
    if channels and not draft.get("channel"):
        draft.values["channel"] = channels[0].name
    return acting.page("entry/form.html", looked.refused, draft=draft, looked=looked, channels=channels)
