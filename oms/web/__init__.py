"""The pages, the API and the webhooks: Flask lives only here. `create_app` builds the application."""

from __future__ import annotations

import os
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

import orjson
from flask import Flask, Request, request
from flask.json.provider import JSONProvider
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.middleware.proxy_fix import ProxyFix

from oms import crypto, numbers
from oms import settings as deploy
from oms.db import Database, Ring, make_engine, silent
from oms.errors import TooLarge
from oms.settings import Settings
from oms.web import (
    api,
    auth,
    carrier_webhooks,
    cookies,
    display,
    edge,
    errors,
    health,
    language,
    limits,
    logs,
    pages,
    plain_input,
    watch,
    webhooks,
)
from oms.web.committer import Committer
from oms.web.counting import Limits
from oms.web.quick_door import QuickDoor

#: Most database connections of one web process; its threads are more, most of which wait for a webhook's group commit.
CONNECTIONS = 8


class _Json(JSONProvider):
    """orjson: ten times faster, and it refuses NaN and bottomless nesting."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)


class _Request(Request):
    """A request whose body is measured: Werkzeug cuts one that comes in chunks at the limit, silently."""

    def get_data(self, *args: Any, **kwargs: Any) -> Any:
        body = super().get_data(*args, **kwargs)
        limit = edge.settings().body_limit
        if len(body) > limit:
            raise TooLarge(f"the body is over {limit} bytes: send less at once")
        return body


class _App(Flask):
    def dispatch_request(self) -> ResponseReturnValue:
        """Answer the request, once more where a new thing was given the number of another: nothing of it was kept."""
        try:
            return super().dispatch_request()
        except IntegrityError as error:
            if not numbers.is_clash(error):
                raise
            return super().dispatch_request()


def create_app(*, settings: Settings | None = None, database: Database | None = None, ring: Ring = silent) -> Flask:
    """Build the application; `settings` from the environment when not given, all faults reported together.

    The engine connects on first use, so after any fork; `ring` is called after commits that opened steps.
    """
    settings = settings or deploy.load(os.environ)
    app = _App(__name__)
    app.request_class = _Request
    app.json = _Json(app)
    app.url_map.strict_slashes = False
    own(app, settings, database, ring)
    _wire(app)
    return app


def own(app: Flask, settings: Settings, database: Database | None = None, ring: Ring = silent) -> None:
    """Give the application what it owns: keys, log, limits, databases and the doors in front of it.

    May be done again with others, as by tests: to build some 200 routes with their document takes longer than most of them.
    What was made of the first settings stays: the default language and the organisation's name.
    """
    crypto.install(crypto.key_ring(settings.encryption_keys, settings.index_key))
    logs.configure(settings.environment)
    # Webhooks are stored over connections of their own, without a question before each use: the committer tries again.
    inbox = database or _database(settings, ring, pool_size=2, pre_ping=False)
    database = database or _database(settings, ring)
    app.config.update(MAX_CONTENT_LENGTH=settings.body_limit + 1, MAX_FORM_MEMORY_SIZE=settings.body_limit)
    owner = edge.Edge(settings, database, Committer(webhooks.Keeper(inbox)), Limits(settings.redis_url))
    edge.install(app, owner)
    doors: WSGIApplication = QuickDoor(partial(Flask.wsgi_app, app), owner)
    if settings.proxies:
        hops = settings.proxies
        doors = ProxyFix(doors, x_for=hops, x_proto=hops, x_host=hops)
    app.wsgi_app = doors  # type: ignore[method-assign,assignment]


def _wire(app: Flask) -> None:
    """Everything that answers, in the order in which a request meets it."""
    watch.register(app)
    app.before_request(_let_papers_in)
    plain_input.register(app)
    app.before_request(auth.gate)
    limits.register(app)
    language.register(app)
    display.register(app)
    errors.register(app)
    app.register_blueprint(health.probes)
    app.register_blueprint(webhooks.hooks)
    app.register_blueprint(carrier_webhooks.hooks)
    app.register_blueprint(language.pages)
    pages.register(app)
    api.register(app)


def _let_papers_in() -> None:
    """A page that somebody photographed is larger than any order: more is read where such a page is filed, of who is signed in."""
    most = pages.WITH_A_PAPER.get(request.endpoint or "")
    if most is not None and cookies.read(cookies.SESSION):
        request.max_content_length = max(most, edge.settings().body_limit + 1)


def _database(settings: Settings, ring: Ring, *, pool_size: int = CONNECTIONS, pre_ping: bool = True) -> Database:
    url = settings.database_url
    engine = make_engine(url, role="web", name="web", pool_size=pool_size, max_overflow=pool_size, pre_ping=pre_ping)
    # Connections must not be shared with a parent that used them before it forked.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return Database(engine, ring)
