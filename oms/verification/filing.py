"""The confirmation's paper in the order's file: kept when the mail goes out, or printed when somebody asks (C-1, D-1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from oms.documents import store
from oms.documents.models import Document
from oms.documents.store import Paper
from oms.errors import NotFound
from oms.orders.models import Confirmation, Order
from oms.verification.content import sha256_of
from oms.verification.paper import confirmation_pdf
from oms.verification.signing import content_given


def file_paper(
    session: Session, *, order_id: uuid.UUID, content: Mapping[str, Any], pdf: bytes, by: str, now: datetime
) -> uuid.UUID:
    """Keep the paper of a confirmation under its order; return the document. The same paper again is the same document."""
    paper = Paper("order", order_id, "confirmation", f"{content['number']}.pdf", pdf, order_id=order_id)
    [document_id] = store.put(session, papers=[paper], by=by, now=now)
    given = Confirmation.order_id == order_id, Confirmation.content_sha256 == sha256_of(content)
    session.execute(update(Confirmation).where(*given).values(document_id=document_id))
    return document_id


def paper_of(
    session: Session, *, order_id: uuid.UUID, organisation: str, zone: ZoneInfo, now: datetime
) -> tuple[str, bytes]:
    """(file name, PDF) of the order's newest confirmation, printed and filed when it was not yet. NotFound for none."""
    newest = select(Confirmation.round, Confirmation.document_id, Order.language, Order.number)
    row = session.execute(
        newest.join(Order, Order.id == Confirmation.order_id)
        .where(Confirmation.order_id == order_id)
        .order_by(Confirmation.round.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound("this order has no confirmation yet")
    document = session.get(Document, row.document_id) if row.document_id else None
    if document is not None:
        return document.name, document.content
    content = content_given(session, order_id=order_id, round_=row.round)
    pdf = confirmation_pdf(content, organisation=organisation, zone=zone, language=row.language)
    file_paper(session, order_id=order_id, content=content, pdf=pdf, by="system", now=now)
    return f"{row.number}.pdf", pdf
