"""Put papers into the file of their order: the same bytes for the same subject and kind are stored once (D-1)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.documents.models import Document
from oms.rows import insert_rows, inserting
from oms.together import Write


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
    """Store the papers; return the id of each, in their order. One statement, two for a repeat, which gets the first one's id."""
    if not papers:
        return []
    rows = _rows(papers, by, now)
    keys = [(row["subject_id"], row["kind"], row["sha256"]) for row in rows]
    written = set(insert_rows(session, Document, rows, unless=_ONCE, returning="id"))
    ids: dict[_Key, Any] = {key: row["id"] for key, row in zip(keys, rows, strict=True) if row["id"] in written}
    again = [key for key in keys if key not in ids]
    if again:
        ids |= _standing(session, again)
    return [ids[key] for key in keys]


def putting(papers: Sequence[Paper], *, by: str, now: datetime) -> Write:
    """`put` (of at least one paper) as a write that goes together with others; it tells no ids."""
    return inserting(Document, _rows(papers, by, now), unless=_ONCE)


_ONCE = ("subject_id", "kind", "sha256")


def _rows(papers: Sequence[Paper], by: str, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": db.new_id(),
            "order_id": p.order_id,
            "subject_type": p.subject_type,
            "subject_id": p.subject_id,
            "kind": p.kind,
            "name": p.name,
            "media_type": p.media_type,
            "sha256": hashlib.sha256(p.content).digest(),
            "size": len(p.content),
            "content": p.content,
            "created_at": now,
            "created_by": by,
        }
        for p in papers
    ]


_Key = tuple[uuid.UUID, str, bytes]  # subject, kind, hash

_STANDING = text("""
    SELECT d.subject_id, d.kind, d.sha256, d.id FROM document d
    JOIN unnest(CAST(:subjects AS uuid[]), CAST(:kinds AS text[]), CAST(:shas AS bytea[])) AS k(subject, kind, sha)
      ON d.subject_id = k.subject AND d.kind = k.kind AND d.sha256 = k.sha
""")


def _standing(session: Session, keys: Sequence[_Key]) -> dict[_Key, uuid.UUID]:
    columns = {"subjects": [k[0] for k in keys], "kinds": [k[1] for k in keys], "shas": [k[2] for k in keys]}
    return {(r.subject_id, r.kind, bytes(r.sha256)): r.id for r in session.execute(_STANDING, columns)}


def read(session: Session, *, document_id: uuid.UUID) -> Document | None:
    """A stored paper with its bytes; None when there is none."""
    return session.get(Document, document_id)
