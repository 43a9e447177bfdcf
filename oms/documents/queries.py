"""Stored papers as people look for them; the bytes are read only for one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.documents.models import Document
from oms.errors import NotFound

_LISTED = (
    Document.id,
    Document.order_id,
    Document.subject_type,
    Document.subject_id,
    Document.kind,
    Document.name,
    Document.media_type,
    Document.size,
    Document.created_at,
    Document.created_by,
)


def of_order(session: Session, *, order_id: uuid.UUID) -> Sequence[Any]:
    """An order's papers without their bytes, oldest first."""
    return session.execute(select(*_LISTED).where(Document.order_id == order_id).order_by(Document.id)).all()


def document(session: Session, *, document_id: uuid.UUID) -> Document:
    """One paper with its bytes; NotFound where there is none."""
    found = session.get(Document, document_id)
    if found is None:
        raise NotFound("there is no such paper")
    return found


def latest(session: Session, *, subject_id: uuid.UUID, kind: str) -> Document:
    """The newest paper of a kind about a subject (a parcel's label); NotFound where there is none yet."""
    statement = select(Document).where(Document.subject_id == subject_id, Document.kind == kind)
    found = session.execute(statement.order_by(Document.id.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no {kind.replace('_', ' ')} yet")
    return found
