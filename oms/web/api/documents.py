"""Stored papers: confirmations, labels, slips, hand-over lists, signed scans (D-1)."""

from __future__ import annotations

import uuid

from werkzeug.wrappers import Response

from oms.accounts import rights
from oms.documents import queries
from oms.web import edge
from oms.web.api.base import Blueprint
from oms.web.api.papers import paper
from oms.web.auth import need, right

blp = Blueprint("documents", __name__, description="Stored papers")


@blp.get("/documents/<uuid:document_id>")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
@right("document.read")
def read(document_id: uuid.UUID) -> Response:
    """Read one paper; its media type is the paper's own.

    A label needs the right `parcel.paper` besides, a confirmation or a signed scan `private.read`: they name the buyer.
    """
    with edge.transaction() as session:
        found = queries.document(session, document_id=document_id)
    need(rights.to_read(found.kind))
    return paper(found.content, media_type=found.media_type, name=found.name)
