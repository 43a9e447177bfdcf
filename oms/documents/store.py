"""Put papers into the file of their order: the same bytes for the same subject and kind are stored once (D-1)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms import db
from oms.documents.models import Document

_KEY = (Document.subject_id, Document.kind, Document.sha256)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to keep; `kind` as `confirmation`, `signed_confirmation`, `label`."""

    subject_type: str
    subject_id: uuid.UUID
    kind: str
    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/pdf"
    order_id: uuid.UUID | None = None


def put(session: Session, *, papers: Sequence[Paper], by: str, now: datetime) -> list[uuid.UUID]:
    """Store the papers; return the id of each, in their order. Two statements; a repeat gets the first one's id."""
    if not papers:
        return []
    keys = [(p.subject_id, p.kind, hashlib.sha256(p.content).digest()) for p in papers]
    rows = [
        {
            "id": db.new_id(),
            "order_id": p.order_id,
            "subject_type": p.subject_type,
            "subject_id": p.subject_id,
            "kind": p.kind,
            "name": p.name,
            "media_type": p.media_type,
            "sha256": key[2],
            "size": len(p.content),
            "content": p.content,
            "created_at": now,
            "created_by": by,
        }
        for p, key in zip(papers, keys, strict=True)
    ]
    session.execute(pg_insert(Document).on_conflict_do_nothing(index_elements=list(_KEY)), rows)
    found = session.execute(select(Document.id, *_KEY).where(tuple_(*_KEY).in_(set(keys))))
    ids = {(row.subject_id, row.kind, bytes(row.sha256)): row.id for row in found}
    return [ids[key] for key in keys]


def read(session: Session, *, document_id: uuid.UUID) -> Document | None:
    """A stored paper with its bytes; None when there is none."""
    return session.get(Document, document_id)
