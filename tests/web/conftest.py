"""The application on a database of its own, and the people and keys that use it."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from oms.settings import Settings
from oms.web import create_app, own
from tests.conftest import CleanDatabase
from tests.web.site import Site

_APPLICATIONS: list[Flask] = []


@pytest.fixture
def site(clean_database: CleanDatabase, app_settings: Settings) -> Site:
    """Everything that a web test needs: the app, clients, people, keys, channels.

    All tests of a process share its routes and templates; one that adds a route takes `own_site`.
    """
    if _APPLICATIONS:
        own(_APPLICATIONS[0], app_settings, clean_database.database)
    else:
        _APPLICATIONS.append(create_app(settings=app_settings, database=clean_database.database))
    return Site(_APPLICATIONS[0], clean_database.database, app_settings)


@pytest.fixture
def own_site(clean_database: CleanDatabase, app_settings: Settings) -> Site:
    """A site whose application is this test's own."""
    app = create_app(settings=app_settings, database=clean_database.database)
    return Site(app, clean_database.database, app_settings)


@pytest.fixture
def shut_sockets(monkeypatch: pytest.MonkeyPatch, app_settings: Settings) -> None:
    """Nobody is called: a socket to anything but Redis is a failure (the database speaks through libpq, not Python)."""
    connect, redis = socket.socket.connect, urlsplit(app_settings.redis_url)

    def only_redis(own: socket.socket, address: Any) -> None:
        known = address in (redis.path, (redis.hostname, redis.port)) or str(address).endswith(".sock")
        assert known, f"a web request called {address}"
        connect(own, address)

    monkeypatch.setattr(socket.socket, "connect", only_redis)


@pytest.fixture
def api(site: Site, shut_sockets: None) -> Site:
    """The application for API tests, which may call nobody."""
    return site
