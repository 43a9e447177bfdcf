"""The quick door of the webhooks, before Flask: what is in order is stored and answered here, at a third of the cost.

It refuses nothing itself. What it does not know, and every fault that it meets, goes on to the application, which
answers as it does any request; both take a message by `webhooks.take`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oms.web import headers, watch, webhooks
from oms.web.edge import Edge

_PATH = re.compile(r"/webhooks/([A-Za-z0-9_.-]{1,100})")
_LINES = {status: f"{status.value} {status.phrase}" for status in (HTTPStatus.OK, HTTPStatus.ACCEPTED)}


class QuickDoor:
    """A WSGI application in front of another one."""

    def __init__(self, behind: WSGIApplication, owner: Edge) -> None:
        self._behind = behind
        self._owner = owner
        over_https = owner.settings.base_url.startswith("https://")
        self._headers = [("Content-Type", "application/json"), *headers.for_machines(over_https=over_https).items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a webhook that is in order; hand on everything else."""
        path = _PATH.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        size = self._size(environ) if path else None
        if path is None or size is None:
            return self._behind(environ, start_response)
        started = environ[watch.STARTED] = time.perf_counter()
        body = _read(environ, size)
        if len(body) < size:
            # The sender went away in the middle.
            return self._behind(environ, start_response)
        request_id = watch.name_request(environ.get("HTTP_X_REQUEST_ID", ""))
        try:
            status, told = webhooks.take(self._owner, path[1], body, webhooks.headers_of(environ))
        except Exception as fault:  # noqa: BLE001  raised again by the application, whose handlers tell it
            environ[webhooks.FAULT] = fault
            return self._behind(environ, start_response)
        watch.count(route=webhooks.ROUTE, method="POST", status=status, seconds=time.perf_counter() - started)
        own = [("Content-Length", str(len(told))), ("X-Request-ID", request_id)]
        start_response(_LINES[HTTPStatus(status)], [*self._headers, *own])
        return [told]

    def _size(self, environ: WSGIEnvironment) -> int | None:
        """The body's length; None for one that is not told, is no number or over the limit."""
        told = environ.get("CONTENT_LENGTH") or ""
        if not (told.isascii() and told.isdecimal()) or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        size = int(told)
        return size if size <= self._owner.settings.body_limit else None


def _read(environ: WSGIEnvironment, size: int) -> bytes:
    """The body, left in the environment for whoever reads it again."""
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except (OSError, ValueError):
        body = b""
    environ["wsgi.input"] = BytesIO(body)
    return body
