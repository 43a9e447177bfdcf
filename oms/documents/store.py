"""The archive of papers: put and get; the same bytes of the same subject and kind are stored once (D-1)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.documents.models import Document
from oms.errors import NotFound


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One paper: whose it is, what it is (`packing_slip`, `label`, ...), its bytes."""

    subject_type: str
    subject_id: uuid.UUID
    kind: str
    name: str
    media_type: str
    content: bytes = field(repr=False)
    order_id: uuid.UUID | None = None


def put(session: Session, *, documents: Sequence[NewDocument], actor: str, now: datetime) -> list[uuid.UUID]:
    """Store papers; return their ids in the order given. The same bytes again give the id of the first. Two statements."""
    if not documents:
        return []
    rows = [_row(document, actor, now) for document in documents]
    unique = {_key(row): row for row in rows}
    statement = pg_insert(Document).on_conflict_do_nothing(index_elements=["subject_id", "kind", "sha256"])
    session.execute(statement, list(unique.values()))
    columns = Document.subject_id, Document.kind, Document.sha256
    found = session.execute(select(Document.id, *columns).where(tuple_(*columns).in_(list(unique))))
    known = {(row.subject_id, row.kind, bytes(row.sha256)): row.id for row in found}
    return [known[_key(row)] for row in rows]


def get(session: Session, *, document_id: uuid.UUID) -> Document:
    """A paper with its bytes; NotFound when there is none."""
    found = session.get(Document, document_id)
    if found is None:
        raise NotFound("no such document")
    return found


def latest(session: Session, *, subject_id: uuid.UUID, kind: str) -> Document | None:
    """The newest paper of a kind; None before the first."""
    statement = select(Document).where(Document.subject_id == subject_id, Document.kind == kind)
    return session.execute(statement.order_by(Document.created_at.desc(), Document.id.desc()).limit(1)).scalar()


def _key(row: dict[str, Any]) -> tuple[uuid.UUID, str, bytes]:
    return row["subject_id"], row["kind"], row["sha256"]


def _row(document: NewDocument, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "order_id": document.order_id,
        "subject_type": document.subject_type,
        "subject_id": document.subject_id,
        "kind": document.kind,
        "name": document.name,
        "media_type": document.media_type,
        "sha256": hashlib.sha256(document.content).digest(),
        "size": len(document.content),
        "content": document.content,
        "created_at": now,
        "created_by": actor,
    }
