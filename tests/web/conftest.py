"""The application on a database of its own, and the people and keys that use it."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from oms.settings import Settings
from oms.web import create_app
from tests.conftest import CleanDatabase
from tests.web.site import Site


@pytest.fixture
def site(clean_database: CleanDatabase, app_settings: Settings) -> Site:
    """Everything that a web test needs: the app, clients, people, keys, channels."""
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
