"""Answering with a paper: bytes with their name, shown in the browser."""

from __future__ import annotations

from urllib.parse import quote

from flask import make_response
from werkzeug.wrappers import Response

PDF = "application/pdf"
ZPL = "application/zpl"


def paper(content: bytes, *, media_type: str, name: str) -> Response:
    """The bytes under their name; they are nobody else's to keep."""
    response = make_response(content)
    response.content_type = media_type
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
