"""Goods in: what was ordered for the short lines, booked into a bin (A-3)."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import numbers
from oms.catalog.models import Sku
from oms.errors import InputInvalid, Refused
from oms.fulfilment import codes
from oms.inventory import bins
from oms.inventory import queries as goods
from oms.supply import queries, receipts
from oms.supply.receipts import Receipt
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, house

pages = Blueprint("receiving", __name__)

ROWS = 50
#: States of what is still to come.
AWAITED = ("raised", "ordered")
_PIECES = re.compile(r"[0-9]{1,11}(\.[0-9]{1,3})?", re.ASCII)


@pages.get("/receive")
@right("stock.change")
def form() -> Response:
    """What is awaited, and the form that books a delivery in."""
    return _page()


@pages.post("/receive")
@right("stock.change")
def receive() -> AnyResponse:
    """Book pieces into a bin; the delivery note's number makes a repeat count once."""
    result = acting.tried(_receive)
    if isinstance(result, Refused):
        return _page(result)
    booked, qty = result
    told = {"pieces": f"{qty.normalize():f}"} if booked else {}
    said = "received" if booked else "received_before"
    return acting.done("receiving.form", said, warehouse=request.form.get("warehouse"), **told)


def _receive(session: Session, now: datetime) -> tuple[bool, Decimal]:
    """Whether anything was booked, and how many pieces: a case's code stands for all that is in it.

    A repeat books nothing, whichever of its codes the goods are scanned by.
    """
    here, _ = house.houses(session)
    code = acting.required("code", longest=200)
    sku_id, per_scan = codes.sku_of(session, code=code)
    if sku_id is None:
        hint = gettext("Nobody knows this code: scan the barcode on the goods or type the SKU.")
        raise InputInvalid("unknown code", fields={"code": hint})
    sku = session.get_one(Sku, sku_id)
    whole_set = bins.not_kept(bundle=sku.bundle, code=sku.code)
    if whole_set is not None:
        raise InputInvalid("goods that are a set", fields={"code": whole_set})
    bin_code, qty = numbers.bare(acting.required("bin", longest=40)), acting.amount("qty") * per_scan
    found = goods.bin_named(session, warehouse_id=here.id, code=bin_code)
    if found is None:
        hint = gettext("There is no bin %(code)s in this warehouse.", code=bin_code)
        raise InputInvalid("no such bin", fields={"bin": hint})
    wrong = bins.not_picked_from(found.kind, code=bin_code)
    if wrong is not None:
        raise InputInvalid("no such bin", fields={"bin": wrong})
    key = f"{acting.required('note', longest=100)}:{sku_id}:{bin_code}"
    receipt = Receipt(key, here.id, sku_id, found.id, qty)
    return bool(receipts.receive(session, receipts=[receipt], actor=me().actor, now=now)), qty


def _page(refused: Refused | None = None) -> Response:
    find = request.args.get("find", "").replace("\x00", "").strip()[:200]
    with edge.transaction() as session:
        here, houses = house.houses(session)
        awaited = _awaited(session, here.code, find)
    pieces = request.args.get("pieces", "")
    pieces = pieces if request.args.get("said") == "received" and _PIECES.fullmatch(pieces) else ""
    return acting.page(
        "receiving/form.html", refused, at_house=here, houses=houses, awaited=awaited, find=find, pieces=pieces
    )


def _awaited(session: Session, warehouse: str, find: str) -> dict[str, Any]:
    """A page of what a house awaits, newest first; with a code in `find` only of the goods that it stands for."""
    after = decode(request.args.get("after"), uuid.UUID)
    sku_id = codes.sku_of(session, code=find)[0] if find else None
    if find and sku_id is None:
        return {"items": [], "next": None}
    rows = queries.requests(
        session,
        limit=ROWS,
        statuses=AWAITED,
        after=after[0] if after else None,
        warehouse=warehouse,
        sku_id=sku_id,
    )
    return paged(rows, limit=ROWS, key=lambda row: (row.id,))
