"""What one web process owns, and the one way for a view to reach the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app, g, has_app_context
from sqlalchemy.orm import Session

from oms.db import Database
from oms.settings import Settings
from oms.web.cached import Cached
from oms.web.committer import Committer
from oms.web.counting import Limits

KEY = "oms"
#: Set in a joined session's `info` when one of its parts failed: it must not be committed.
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Edge:
    """Settings, the database (its connections are made on first use, so after any fork), what is kept for seconds."""

    settings: Settings
    database: Database
    committer: Committer
    limits: Limits
    channels: Cached = field(default_factory=Cached)


def install(app: Flask, edge: Edge) -> None:
    app.extensions[KEY] = edge


def edge() -> Edge:
    """This application's edge."""
    return cast(Edge, current_app.extensions[KEY])


def settings() -> Settings:
    """The deploy's choices."""
    return edge().settings


def settings_of(app: Flask) -> Settings:
    """The deploy's choices, where no request is there yet."""
    installed: Edge = app.extensions[KEY]
    return installed.settings


@contextmanager
def transaction() -> Iterator[Session]:
    """The view's transaction: committed at the end, then the doorbell rings for the steps it opened.

    Inside an API call with an Idempotency-Key it is part of the call's one transaction, so that the answer
    is stored with what it tells of, or not at all: one that fails leaves nothing of the whole call.
    """
    join: Callable[[], Session] | None = g.get("join") if has_app_context() else None
    if join is None:
        with reading() as session:
            yield session
        return
    joined = join()
    try:
        yield joined
    except BaseException:
        joined.info[FAILED] = True
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction of its own whatever the call: for what is looked up before long work with no transaction open."""
    with edge().database.transaction() as session:
        yield session


def joined(join: Callable[[], Session] | None) -> None:
    """Make every `transaction()` of this request part of the one that `join` begins or has begun; None ends it."""
    g.join = join


def app() -> Flask:
    """The application that answers this request."""
    return current_app
