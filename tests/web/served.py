"""The application on a real port, and what a browser says there: what tests with real clients begin with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from tests.web.site import PASSWORD

#: Chromium's, when a field is filled in before the page is drawn for the first time.
_FILLED_EARLY = "Autofocus processing was blocked because a document already has a focused element."


class _Handler(WSGIRequestHandler):
    """Leaves a connection that is never used, as Chromium opens them."""

    timeout = 5


class _Server(ThreadedWSGIServer):
    """Ends when all that was asked is answered, so that no thread has a connection to the database behind its test."""

    daemon_threads = False


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of the application."""
    server = _Server("127.0.0.1", 0, app, _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def new_page(context: BrowserContext) -> Any:
    """A page; `said` has what its console told and what its scripts failed with."""
    page: Any = context.new_page()
    page.said = []
    page.on("console", lambda told: None if told.text == _FILLED_EARLY else page.said.append(told.text))
    page.on("pageerror", lambda fault: page.said.append(str(fault)))
    return page


def sign_in(page: Any, url: str, login: str) -> None:
    """Sign in as that person, by the form."""
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(f"{url}/")
