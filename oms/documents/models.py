"""Stored papers: bytes with hash, kind and order (D-1)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedBytes, new_id


class Document(Base):
    """One paper, encrypted; the same bytes for the same subject and kind are stored once."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("subject_id", "kind", "sha256"), Index("ix_document_order", "order_id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    size: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(EncryptedBytes)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
